package finding_test

import (
	"testing"

	"github.com/salve-security/salve/internal/finding"
)

// TestFrom: whose hub an event comes from is known by the custom action. Where that is not known, no event is ours.
func TestFrom(t *testing.T) {
	const hub = "111122223333"
	for name, tc := range map[string]struct {
		account, action string
		ours            bool
	}{
		"the hub":              {hub, "arn:aws:securityhub:eu-west-1:" + hub + ":action/custom/SalveRemediate", true},
		"China":                {hub, "arn:aws-cn:securityhub:cn-north-1:" + hub + ":action/custom/SalveRemediate", true},
		"a member":             {account, "arn:aws:securityhub:eu-west-1:" + hub + ":action/custom/SalveRemediate", false},
		"no action":            {hub, "", false},
		"an action of nowhere": {"", "arn:aws:securityhub:eu-west-1::action/custom/SalveRemediate", false},
	} {
		t.Run(name, func(t *testing.T) {
			err := finding.Event{Account: tc.account}.From(tc.action)
			if tc.ours && err != nil {
				t.Error(err)
			}
			if !tc.ours {
				wantReason(t, err, finding.ForeignHub, "account")
			}
		})
	}
}
