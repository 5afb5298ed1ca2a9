package guardduty_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"

	playbook "github.com/salve-security/salve/functions/playbooks/guardduty"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const detectors = "arn:aws:guardduty:us-east-1:222222222222:detector/"

// labels are the tags of GuardDuty's resources, by ARN: the emulators have no calls about them.
type labels struct {
	mu  sync.Mutex
	all map[string]map[string]string
}

func (l *labels) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	path, _ := url.PathUnescape(r.URL.EscapedPath())
	arn, about := strings.CutPrefix(path, "/tags/")
	if !about {
		w.WriteHeader(http.StatusNotImplemented) // the emulator's
		return
	}
	tags, there := l.all[arn]
	if !there {
		w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
		w.WriteHeader(http.StatusNotFound)
		return
	}
	switch r.Method {
	case http.MethodPost:
		var in struct{ Tags map[string]string }
		_ = json.NewDecoder(r.Body).Decode(&in)
		for key, value := range in.Tags {
			tags[key] = value
		}
	case http.MethodDelete:
		for _, key := range r.URL.Query()["tagKeys"] {
			delete(tags, key)
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"tags": tags})
}

func (l *labels) set(arn string, tags map[string]string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if tags == nil {
		delete(l.all, arn)
		return
	}
	l.all[arn] = tags
}

func TestTags(t *testing.T) {
	is := &labels{all: map[string]map[string]string{}}
	world := playbooktest.Serving(t, "guardduty", is)
	tag := func(key, value string) playbooktest.Act {
		return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			playbooktest.Got(guardduty.NewFromConfig(root).TagResource(ctx, &guardduty.TagResourceInput{
				ResourceArn: &resource, Tags: map[string]string{key: value},
			}))(t)
		}
	}
	playbooktest.Family(t, playbook.Tags(), func(c control.Control) playbooktest.Suite {
		params, err := c.Resolve(map[string]any{"tags": "team=ops"})
		playbooktest.Done(t, err)
		return playbooktest.Suite{
			World: world, Control: c, Params: params,
			Seed: func(_ context.Context, _ *testing.T, _ aws.Config) string {
				arn := detectors + hex.EncodeToString([]byte(rand.Text())[:16])
				if c.ID == "GuardDuty.2" {
					arn += "/filter/noise"
				}
				is.set(arn, map[string]string{"aws:made-by": "stack"})
				return arn
			},
			Foreign: []string{
				detectors + "*", detectors + "12abc34d567e8fa901bc2d34e56789f0/ipset/1", "AWS::::Account:222222222222",
			},
			Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
				t.Helper()
				return playbooktest.Got(guardduty.NewFromConfig(root).ListTagsForResource(ctx,
					&guardduty.ListTagsForResourceInput{ResourceArn: &resource}))(t).Tags
			},
			Disturb: tag("team", "shop"), Unrelated: tag("stage", "test"), DisturbFact: tag("alone", ""),
			Delete: func(_ context.Context, _ *testing.T, _ aws.Config, resource string) { is.set(resource, nil) },
			Skip: map[string]string{
				playbooktest.CaseNarrow: "the lab cannot tell which resource a call of GuardDuty is about",
			},
		}
	})
}

// better: GuardDuty.2 writes no placeholder for a tag
// better: GuardDuty.4 writes no placeholder for a tag
func TestLineOfTags(t *testing.T) {
	shape := func(tags map[string]string) playbooktest.StandIn {
		return playbooktest.Answers(&guardduty.ListTagsForResourceOutput{Tags: tags})
	}
	keys := map[string]any{"requiredTagKeys": "team,stage", "tags": "team=ops,stage=test,more=no"}
	half := map[string]any{"requiredTagKeys": "team,stage", "tags": "team=ops"}
	for id, resource := range map[string]string{
		"GuardDuty.2": detectors + "12abc34d567e8fa901bc2d34e56789f0/filter/noise",
		"GuardDuty.4": detectors + "12abc34d567e8fa901bc2d34e56789f0",
	} {
		c := playbooktest.Pick(t, playbook.Tags(), id)
		playbooktest.Judged(t, c, resource, map[string]playbooktest.Shape{
			"none": {Answers: shape(nil), Params: map[string]any{"tags": "team=ops"}, Fails: true},
			"AWS's own": {
				Answers: shape(map[string]string{"aws:a": "b"}), Params: map[string]any{"tags": "team=ops"}, Fails: true,
			},
			"some":       {Answers: shape(map[string]string{"a": ""}), Params: map[string]any{"tags": "team=ops"}},
			"not named":  {Answers: shape(nil), Class: fault.Refused, Words: []string{"parameter tags"}},
			"other keys": {Answers: shape(map[string]string{"a": "b", "team": "shop"}), Params: keys, Fails: true},
			"all keys":   {Answers: shape(map[string]string{"team": "", "stage": ""}), Params: keys},
			"half named": {
				Answers: shape(map[string]string{"a": "b"}), Params: half, Class: fault.Refused, Words: []string{"required key"},
			},
		})
		env := playbooktest.Env(t, c, resource, playbooktest.Unplugged(), playbooktest.With(keys),
			shape(map[string]string{"team": "shop"}))
		playbooktest.Planned(t, c, env, "  ~ Tags.stage: none → \"test\"\n")
	}
}
