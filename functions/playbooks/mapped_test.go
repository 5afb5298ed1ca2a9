package playbooks_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/policy"
	"github.com/salve-security/salve/internal/runbook"
)

// longest is a mapping with the longest names that AWS takes.
func longest() control.Mapping {
	return control.Mapping{
		Document: "arn:{{ partition }}:ssm:{{ region }}:444444444444:document/" + long(128), Role: long(64),
		Content: strings.Repeat("0a", 32), Parameters: map[string]control.Values{"Resource": {"{{ resource }}"}},
	}
}

// TestEveryControlCanBeMapped: where a runbook of the configuration carries a control out, its run can be opened for
// every id that AWS ever gave, and reads what the playbook reads.
func TestEveryControlCanBeMapped(t *testing.T) {
	_, registry := loaded(t)
	for _, c := range registry.All() {
		by, err := runbook.Mapped(&c, control.Listing{}, longest())
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		for id := range everGiven()[c.Resources[0]] {
			here := strings.NewReplacer("PART", "aws-us-gov", "HERE", "us-gov-west-1:"+member, "REGION", "us-gov-west-1").Replace
			at := control.Target{Account: member, Region: "us-gov-west-1", Partition: "aws-us-gov", Resource: here(id)}
			own, mapped := reaches(t, c, at), reaches(t, by, at)
			for _, action := range c.Reads() {
				for _, arn := range own[action] {
					if !slices.Contains(mapped[action], arn) && !lends(c, arn) {
						t.Errorf("%s on %s: %s reaches %v, and %v where a runbook carries it out", c.ID, at.Resource, action,
							own[action], mapped[action])
					}
				}
			}
		}
	}
}

// lends tells what a run reaches only because it starts a runbook of Salve's: that, and the role of its family.
func lends(c control.Control, arn string) bool {
	return strings.Contains(arn, ":role"+names.RunbookRoles) || slices.ContainsFunc(c.Runbooks, func(name string) bool {
		return strings.HasSuffix(arn, "/"+name) || strings.HasSuffix(arn, "/"+name+":*")
	})
}

// reaches are the resources that a run's session reaches, by action.
func reaches(t *testing.T, c control.Control, at control.Target) map[string][]string {
	t.Helper()
	limits, err := c.Limits(at, nil)
	if err != nil {
		t.Fatalf("%s: %v", c.ID, err)
	}
	text, err := policy.Session(c.Actions, limits, at.Account, at.Region)
	if err != nil {
		t.Errorf("%s: no session for %s: %v", c.ID, at.Resource, err)
		return nil
	}
	var doc struct {
		Statement []struct{ Action, Resource control.Values }
	} // a text or a list of them
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, s := range doc.Statement {
		for _, action := range s.Action {
			out[action] = append(out[action], s.Resource...)
		}
	}
	return out
}
