package iam_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	playbook "github.com/salve-security/salve/functions/playbooks/iam"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// watchers are the analyzers of an account, by name, with their types and what is wrong with them: the emulators have
// none.
type watchers struct {
	mu  sync.Mutex
	all map[string]string
}

func (w *watchers) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := strings.TrimPrefix(r.URL.Path, "/analyzer/")
	switch r.Method {
	case http.MethodPut:
		var in struct{ AnalyzerName, Type string }
		_ = json.NewDecoder(r.Body).Decode(&in)
		w.all[in.AnalyzerName] = in.Type
	case http.MethodDelete:
		delete(w.all, name)
	}
	list := []map[string]string{}
	for name, kind := range w.all {
		of, status, bad := strings.Cut(kind, " ")
		if !bad {
			status = "ACTIVE"
		}
		list = append(list, map[string]string{
			"arn":  "arn:aws:access-analyzer:us-east-1:222222222222:analyzer/" + name,
			"name": name, "type": of, "status": status,
		})
	}
	_ = json.NewEncoder(out).Encode(map[string]any{"analyzers": list})
}

func TestExternalAccess(t *testing.T) {
	is := &watchers{all: map[string]string{}}
	put := func(name, kind string) playbooktest.Act {
		return func(_ context.Context, _ *testing.T, _ aws.Config, _ string) {
			is.mu.Lock()
			defer is.mu.Unlock()
			is.all[name] = kind
		}
	}
	playbooktest.Run(t, playbooktest.Suite{
		World: playbooktest.Serving(t, "access-analyzer", is), Control: playbook.ExternalAccess()[0],
		Seed: func(context.Context, *testing.T, aws.Config) string {
			is.mu.Lock()
			defer is.mu.Unlock()
			clear(is.all)
			return playbooktest.DefaultAccountID
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
			out := playbooktest.Got(accessanalyzer.NewFromConfig(root).ListAnalyzers(ctx,
				&accessanalyzer.ListAnalyzersInput{}))(t)
			seen := map[string]types.Type{}
			for _, a := range out.Analyzers {
				seen[*a.Name] = a.Type
			}
			return seen
		},
		Unrelated:   put("unused", "ACCOUNT_UNUSED_ACCESS"),
		DisturbFact: put("old", "ACCOUNT FAILED"),
		Skip:        map[string]string{playbooktest.CaseDrift: "an analyzer is there or not, and both are ours"},
		Unseen:      map[string]string{"iam:CreateServiceLinkedRole": "IAM makes the call on the session's behalf"},
	})
}

// AWS asks for one that looks for external access and is active, be it the account's or the organization's.
func TestLineOfAnalyzers(t *testing.T) {
	is := func(all ...types.AnalyzerSummary) playbooktest.StandIn {
		return playbooktest.Answers(&accessanalyzer.ListAnalyzersOutput{Analyzers: all})
	}
	one := func(name string, kind types.Type, status types.AnalyzerStatus) types.AnalyzerSummary {
		return types.AnalyzerSummary{Name: &name, Type: kind, Status: status}
	}
	const on, broken = types.AnalyzerStatusActive, types.AnalyzerStatusFailed
	account := one("a", types.TypeAccount, broken)
	paged := playbooktest.StandIn{"ListAnalyzers": func(in any) (any, error) {
		if in.(*accessanalyzer.ListAnalyzersInput).NextToken == nil {
			return &accessanalyzer.ListAnalyzersOutput{NextToken: aws.String("2")}, nil
		}
		return &accessanalyzer.ListAnalyzersOutput{
			Analyzers: []types.AnalyzerSummary{one("a", types.TypeAccount, on)},
		}, nil
	}}
	playbooktest.Judged(t, playbook.ExternalAccess()[0], playbooktest.DefaultAccountID, map[string]playbooktest.Shape{
		"none": {Answers: is(), Fails: true}, "the account's": {Answers: is(one("a", types.TypeAccount, on))},
		"the organization's": {Answers: is(one("a", types.TypeOrganization, on))}, "on the second page": {Answers: paged},
		"of unused access":           {Answers: is(one("a", types.TypeAccountUnusedAccess, on)), Fails: true},
		"of internal access":         {Answers: is(one("a", types.TypeOrganizationInternalAccess, on)), Fails: true},
		"the organization's, failed": {Answers: is(one("a", types.TypeOrganization, broken)), Fails: true},
		"one of two":                 {Answers: is(account, one("b", types.TypeOrganization, on))},
		"the account's, failed":      {Answers: is(account), Class: fault.Refused, Words: []string{"FAILED"}},
		"the account's, soon":        {Answers: is(one("a", types.TypeAccount, "CREATING")), Class: fault.Refused},
		"another kind has the name": {
			Answers: is(one("external-access", types.TypeAccountUnusedAccess, on)), Class: fault.Refused,
		},
		"another kind, another name": {
			Answers: is(one("external-access", types.TypeAccountUnusedAccess, on)), Fails: true,
			Params: map[string]any{"analyzerName": "outside"},
		},
	})
}
