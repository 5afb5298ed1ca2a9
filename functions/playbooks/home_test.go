package playbooks_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/docs"
	"github.com/salve-security/salve/internal/names"
)

// TestRunsPassRolesWhereTheyAre: where an account has a prefix and a path of its own, runs of runbooks reach the roles
// of the stack as they are called there, and none by the names that are the rule.
func TestRunsPassRolesWhereTheyAre(t *testing.T) {
	_, registry := loaded(t)
	home := names.Home{Prefix: "acme-", Path: "/acme/security/"}
	seen := 0
	for _, c := range registry.In(home).All() {
		if !c.Starts() {
			continue
		}
		at, err := docs.Sample(c.Info)
		if err != nil {
			t.Fatal(err)
		}
		limits, err := c.Limits(at, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := at.GlobalARN("iam", "role/acme/security/salve/automation/acme-salve-"+c.Family)
		if seen++; !slices.Contains(limits, want) {
			t.Errorf("%s reaches %v, not %s", c.ID, limits, want)
		}
		if slices.ContainsFunc(limits, func(arn string) bool { return strings.Contains(arn, ":role/salve/") }) {
			t.Errorf("%s reaches %v", c.ID, limits)
		}
	}
	if seen == 0 {
		t.Error("no control starts a runbook")
	}
	at := control.Target{Account: member, Region: "eu-west-1", Partition: "aws", Home: home}
	if got, want := control.OwnRole(at, "backup.amazonaws.com", ""),
		"arn:aws:iam::"+member+":role/acme/security/salve/service/acme-salve-backup"; got != want {
		t.Errorf("AWS Backup gets %s, want %s", got, want)
	}
}
