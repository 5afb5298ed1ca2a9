package playbooktest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/ran"
)

// Before a judge a suite runs no cases: it makes its resource, fixes it and takes that back, and asks after each step.
func TestBeforeAJudge(t *testing.T) {
	var looks []ran.Look
	judge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var look ran.Look
		playbooktest.Done(t, json.NewDecoder(r.Body).Decode(&look))
		looks = append(looks, look)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer judge.Close()
	t.Setenv(ran.JudgeVariable, judge.URL)
	labels := mistakes{}.suite(map[string]string{"team": "a"})
	playbooktest.Run(t, labels)
	playbooktest.Family(t, []control.Control{labels.Control}, func(control.Control) playbooktest.Suite { return labels })
	var want []ran.Look
	for range 2 {
		for _, step := range ran.Steps() {
			want = append(want, ran.Look{
				Control: labels.Control.ID, Suite: t.Name(), Step: step, On: "the lab", Account: playbooktest.DefaultAccount,
				Region: playbooktest.DefaultRegion, Key: playbooktest.DefaultAccount, Secret: "test",
				Writes: []string{"s3:PutBucketTagging"},
			})
		}
	}
	if d := cmp.Diff(want, looks, cmpopts.IgnoreFields(ran.Look{}, "Resource", "Name", "Endpoint")); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for i, look := range looks {
		if look.Resource != looks[i/3*3].Resource || look.Resource == "" || look.Name == "" || look.Endpoint == "" {
			t.Errorf("look %d is at %q, named %q, at %q", i, look.Resource, look.Name, look.Endpoint)
		}
	}
}
