package work

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

// TestLocksAcrossScopes: a root that a control of a Region locks beside its own is the same for a control of a service
// that an account has once. What is no ARN may be there once a Region.
func TestLocksAcrossScopes(t *testing.T) {
	const role, instance = "arn:aws:iam::222222222222:role/web", "arn:aws:ec2:us-east-1:222222222222:instance/i-1"
	w := &Worker{Now: func() time.Time { return time.Unix(0, 0) }}
	locks := func(scope, resource string, roots ...string) []string {
		c := control.Control{Info: control.Info{
			ID: "Any.1", Pattern: regexp.MustCompile(`^(.+)$`), Lock: func(control.Env) []string { return roots },
		}}
		key := run.Key{Account: "222222222222", Scope: scope, Control: c.ID, Resource: resource}
		at := control.Target{Account: key.Account, Region: "us-east-1", Resource: resource}
		return w.newRun(key, at, c, control.Choice{}).Locks
	}
	own, beside := locks("global", role, role), locks("us-east-1", instance, instance, role)
	if !slices.Contains(beside, own[0]) {
		t.Errorf("both write to the role, and lock %q and %q", own, beside)
	}
	here, there := locks("us-east-1", "account", "detector"), locks("eu-west-1", "account", "detector")
	if d := cmp.Diff(here, there); d == "" {
		t.Errorf("a detector of each Region, and one lock: %q", here)
	}
}
