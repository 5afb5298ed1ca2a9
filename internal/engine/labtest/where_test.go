package labtest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/gate"
)

// TestRulesByPlace: a rule for units or tags acts there and nowhere else, by what
// AWS says now and not by what the finding says.
func TestRulesByPlace(t *testing.T) {
	dev := map[string][]string{"env": {"dev", "test"}}
	tests := map[string]struct {
		place gate.Where
		tags  map[string]string
		acts  bool
	}{
		"the tag":            {gate.Where{Tags: dev}, map[string]string{"env": "test"}, true},
		"another value":      {gate.Where{Tags: dev}, map[string]string{"env": "prod"}, false},
		"a unit, not in one": {gate.Where{OUs: []string{"ou-ab12-prod"}}, nil, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.config = enginetest.Where(tt.place)
			bucket := w.bucket(t, nil)
			w.tag(t, bucket, tt.tags)
			id := w.report(t, w.spec(bucket))
			w.start(t).handle(t, w.imported(t, id))
			if got := w.blocked(t, bucket); got != tt.acts {
				t.Errorf("acted: %v, want %v", got, tt.acts)
			}
			if !tt.acts {
				w.says(t, id, hubtypes.WorkflowStatusNew)
			}
		})
	}
}

// TestRuleByUnit: a sweep reads the organization as AWS serves it, with the rights of the function; events ask the
// table, however many they are.
func TestRuleByUnit(t *testing.T) {
	w := newWorld(t)
	root, err := organizations.NewFromConfig(w.Root(w.Management())).ListRoots(t.Context(), nil)
	if err != nil || len(root.Roots) != 1 {
		t.Fatalf("%+v, %v", root, err)
	}
	w.config = enginetest.Where(gate.Where{OUs: []string{*root.Roots[0].Id}})
	p := w.start(t)
	p.handle(t, enginetest.Sweep())
	if n := w.organizations(); n < 3 {
		t.Errorf("a sweep made %d calls of Organizations, want root, accounts and units", n)
	}
	w.ClearCalls()
	for range 3 {
		bucket := w.bucket(t, nil)
		p.handle(t, w.imported(t, w.report(t, w.spec(bucket))))
		if !w.blocked(t, bucket) {
			t.Error("the account is in the unit, and nothing happened")
		}
	}
	if n := w.organizations(); n != 0 {
		t.Errorf("events made %d calls of Organizations", n)
	}
}

// organizations is how many calls of that service were made.
func (w *world) organizations() int {
	n := 0
	for _, c := range w.Calls(0) {
		if c.Service == "organizations" {
			n++
		}
	}
	return n
}

func (w *world) tag(t *testing.T, bucket string, tags map[string]string) {
	t.Helper()
	var set []types.Tag
	for k, v := range tags {
		set = append(set, types.Tag{Key: aws.String(k), Value: aws.String(v)})
	}
	if len(set) == 0 {
		return
	}
	_, err := w.S3(w.member).PutBucketTagging(t.Context(), &s3.PutBucketTaggingInput{
		Bucket: &bucket, Tagging: &types.Tagging{TagSet: set},
	})
	if err != nil {
		t.Fatal(err)
	}
}
