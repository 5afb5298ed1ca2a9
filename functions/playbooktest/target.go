package playbooktest

import (
	"testing"

	"github.com/salve-security/salve/internal/control"
)

// DefaultAccountID is how a finding about DefaultAccount itself names its resource.
const DefaultAccountID = accountID + DefaultAccount

// accountID begins the resource id of an account.
const accountID = "AWS::::Account:"

// Target is what a finding about a resource of the default account and Region would prove.
func Target(resource string) control.Target {
	return control.Target{Account: DefaultAccount, Region: DefaultRegion, Partition: "aws", Resource: resource}
}

// Accepts holds resource ids against the control's Pattern. Each is mapped to the name that the calls take, "" for
// one that the control must refuse.
func Accepts(t *testing.T, c control.Control, names map[string]string) {
	t.Helper()
	for id, want := range names {
		if got, ok := c.Name(Target(id)); got != want || ok != (want != "") {
			t.Errorf("%q is accepted: %v, as %q; want %q", id, ok, got, want)
		}
	}
}
