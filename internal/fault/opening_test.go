package fault_test

import (
	"errors"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/fault"
)

// TestOpening: only what the account's own stack cures is called not onboarded.
func TestOpening(t *testing.T) {
	const said = "User: arn:aws:sts::111111111111:assumed-role/salve-orchestrator/x is not authorized to perform: " +
		"sts:AssumeRole on resource: arn:aws:iam::222222222222:role/salve-remediation"
	tests := map[string]struct {
		why  string
		want fault.Class
	}{
		"AWS does not say":            {"", fault.NotOnboarded},
		"role trust policy":           {" because no role trust policy allows the sts:AssumeRole action", fault.NotOnboarded},
		"resource-based policy":       {" with an explicit deny in a resource-based policy", fault.NotOnboarded},
		"explicit in trust":           {" with an explicit deny in a role trust policy", fault.NotOnboarded},
		"SCP":                         {" with an explicit deny in a service control policy", fault.Denied},
		"RCP":                         {" with an explicit deny in a resource control policy", fault.Denied},
		"the hub's own policy":        {" with an explicit deny in an identity-based policy", fault.Denied},
		"nothing allows it":           {" because no identity-based policy allows the sts:AssumeRole action", fault.Denied},
		"an operator's session":       {" because no session policy allows the sts:AssumeRole action", fault.Denied},
		"the hub's boundary":          {" because no permissions boundary allows the sts:AssumeRole action", fault.Denied},
		"endpoint":                    {" with an explicit deny in a VPC endpoint policy", fault.Denied},
		"a kind that nobody knows of": {" with an explicit deny in a lunar policy", fault.NotOnboarded},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			err := fault.Opening(&smithy.GenericAPIError{Code: "AccessDenied", Message: said + tc.why})
			if got := fault.Of(err); got != tc.want {
				t.Errorf("class %q, want %q", got, tc.want)
			}
		})
	}
	busy := &smithy.GenericAPIError{Code: "Throttling", Message: said + " with an explicit deny in a role trust policy"}
	if err := fault.Opening(busy); fault.Of(err) != fault.Retry || !errors.Is(err, busy) {
		t.Errorf("%v: throttling is no denial", err)
	}
	if err := fault.Opening(nil); err != nil {
		t.Error(err)
	}
}
