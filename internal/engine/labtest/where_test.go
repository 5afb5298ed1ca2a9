package labtest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
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
