package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// where is automation of S3.8 in one kind of place.
func where(place gate.Where) gate.Config {
	return gate.Config{Version: gate.Version, Controls: map[string]gate.Rule{
		"S3.8": {Mode: gate.Auto, Where: []gate.Where{place}},
	}}
}

// TestRulesByPlace: a rule for accounts, Regions, units or tags acts there and
// nowhere else, by what AWS says now and not by what the finding says.
func TestRulesByPlace(t *testing.T) {
	dev := map[string][]string{"env": {"dev", "test"}}
	tests := map[string]struct {
		place gate.Where
		tags  map[string]string
		acts  bool
	}{
		"the account":         {gate.Where{Accounts: []string{"222222222222"}}, nil, true},
		"another account":     {gate.Where{Accounts: []string{"333333333333"}}, nil, false},
		"the Region":          {gate.Where{Regions: []string{"us-*"}}, nil, true},
		"another Region":      {gate.Where{Regions: []string{"eu-*"}}, nil, false},
		"the tag":             {gate.Where{Tags: dev}, map[string]string{"env": "test"}, true},
		"another value":       {gate.Where{Tags: dev}, map[string]string{"env": "prod"}, false},
		"no tags":             {gate.Where{Tags: dev}, nil, false},
		"a unit, not in one":  {gate.Where{OUs: []string{"ou-ab12-prod"}}, nil, false},
		"tag and Region":      {gate.Where{Tags: dev, Regions: []string{"us-*"}}, map[string]string{"env": "dev"}, true},
		"tag, another Region": {gate.Where{Tags: dev, Regions: []string{"eu-*"}}, map[string]string{"env": "dev"}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.config = where(tt.place)
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

// TestUnitsAreAskedAfterTags: each kind of place is looked up, whichever the
// rules name first.
func TestUnitsAreAskedAfterTags(t *testing.T) {
	w := newWorld(t)
	p := w.start(t)
	p.Around = surroundings{units: []string{"ou-x"}, tags: map[string]string{"env": "prod"}}
	w.config = where(gate.Where{OUs: []string{"ou-x"}})
	rule := w.config.Controls["S3.8"]
	rule.Where = append(rule.Where, gate.Where{Tags: map[string][]string{"env": {"dev"}}})
	w.config.Controls["S3.8"] = rule
	bucket := w.bucket(t, nil)
	p.handle(t, w.imported(t, w.report(t, w.spec(bucket))))
	if !w.blocked(t, bucket) {
		t.Error("the unit matches, and nothing happened")
	}
}

// surroundings are always the same.
type surroundings struct {
	units []string
	tags  map[string]string
}

func (s surroundings) Units(context.Context, string) ([]string, error) { return s.units, nil }

func (s surroundings) Tags(context.Context, control.Target, string) (map[string]string, error) {
	return s.tags, nil
}

// TestRuleByTagsInAnAccountWithoutTheRole: whether the rule holds cannot be
// known yet, so the finding waits, and is asked about once it can.
func TestRuleByTagsInAnAccountWithoutTheRole(t *testing.T) {
	for name, tt := range map[string]struct {
		tags   map[string]string
		acts   bool
		status hubtypes.WorkflowStatus
	}{
		"the tag":       {map[string]string{"env": "dev"}, true, hubtypes.WorkflowStatusResolved},
		"another value": {map[string]string{"env": "prod"}, false, hubtypes.WorkflowStatusNew},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.config = where(gate.Where{Tags: map[string][]string{"env": {"dev"}}})
			trust := w.distrust(t)
			p := w.start(t)
			bucket := w.bucket(t, nil)
			w.tag(t, bucket, tt.tags)
			id := w.report(t, w.spec(bucket))
			p.handle(t, w.imported(t, id))
			if r := w.only(t); r.Status != run.StatusDeferred || !strings.Contains(r.Reason, "not onboarded") {
				t.Fatalf("run is %s: %s", r.Status, r.Reason)
			}
			w.trust(t, trust)
			w.clock.move(5 * time.Minute)
			p.handle(t, sweep()) // the probe, which makes the run due
			p.handle(t, sweep())
			w.says(t, id, tt.status)
			if got := w.blocked(t, bucket); got != tt.acts {
				t.Errorf("acted: %v, want %v", got, tt.acts)
			}
		})
	}
}

// TestClickByTagsInAnAccountWithoutTheRole: who clicked hears what is missing.
func TestClickByTagsInAnAccountWithoutTheRole(t *testing.T) {
	w := newWorld(t)
	w.config = where(gate.Where{Tags: map[string][]string{"env": {"dev"}}})
	w.distrust(t)
	id := w.report(t, w.spec(w.bucket(t, nil)))
	w.start(t).handle(t, w.click(t, id))
	w.shows(t, id, hubtypes.WorkflowStatusNotified, "not onboarded", "member.yaml")
}
