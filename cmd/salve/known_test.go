package main

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/fault"
)

func TestRegions(t *testing.T) {
	tests := map[string]struct{ pattern, says string }{
		"no bucket constraint": {"us-east-1", ""},
		"usual":                {"eu-west-1", ""},
		"recent":               {"mx-central-1", ""},
		"China":                {"cn-northwest-1", ""},
		"government":           {"us-gov-west-1", ""},
		"sovereign":            {"eusc-de-east-1", ""},
		"pattern":              {"ap-*", ""},
		"everything":           {"*", ""},
		"slip":                 {"eu-wst-1", "did you mean eu-west-1?"},
		"capitals":             {"EU-WEST-1", "did you mean eu-west-1?"},
		"old name":             {"EU", "write one such as eu-west-1"},
		"slip in a pattern":    {"ue-*", "write one such as eu-west-1"},
		"part of a name":       {"west", "write one such as eu-west-1"},
		"damaged pattern":      {"[", "write one such as eu-west-1"},
		"empty":                {"", "write one such as eu-west-1"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			err := regions("eu-*", tc.pattern)
			switch {
			case tc.says == "" && err != nil:
				t.Error(err)
			case tc.says != "" && (fault.Of(err) != fault.Invalid || !strings.HasSuffix(err.Error(), ": "+tc.says)):
				t.Errorf("%v, want %q", err, tc.says)
			}
		})
	}
}

func TestListed(t *testing.T) {
	tests := map[string]struct{ id, want, says string }{
		"none":              {"", "", ""},
		"a playbook":        {"bucket.1", "Bucket.1", ""},
		"only a standard":   {"root.1", "Root.1", ""},
		"one letter more":   {"Bucket.11", "", "did you mean Bucket.1?"},
		"letters swapped":   {"Passwrod.1", "", "did you mean Password.1?"},
		"nothing near":      {"Nonsense.1", "", "salve controls list shows the playbooks"},
		"short and one off": {"Kay.1", "", "did you mean Key.1?"},
		"short and two off": {"Kay.2", "", "salve controls list shows the playbooks"},
		"short, nothing":    {"X.99", "", "salve controls list shows the playbooks"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := known(t).listed(tc.id)
			if got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
			switch {
			case tc.says == "" && err != nil:
				t.Error(err)
			case tc.says != "" && (fault.Of(err) != fault.Invalid || !strings.HasSuffix(err.Error(), ": "+tc.says)):
				t.Errorf("%v, want %q", err, tc.says)
			}
		})
	}
}

// TestShortID: only an id of Security Hub's own is cut; what somebody else made is shown as it is.
func TestShortID(t *testing.T) {
	const uuid = "fce98522-54f9-5433-a946-de1b9cad0291"
	for name, tc := range map[string]struct{ id, want string }{
		"consolidated": {"arn:aws:securityhub:us-east-1:222222222222:security-control/S3.8/finding/" + uuid, uuid},
		"of a standard": {
			"arn:aws:securityhub:us-east-1:222222222222:subscription/pci-dss/v/4.0.1/S3.8/finding/" + uuid, uuid,
		},
		"another product":    {"arn:aws:guardduty:us-east-1:222222222222:detector/x/finding/" + uuid, ""},
		"forged":             {"forged-finding", ""},
		"with more after it": {"arn:aws:securityhub:us-east-1:2:x/finding/" + uuid + "/y", ""},
		"with a blank":       {"arn:aws:securityhub:us-east-1:2:x y/finding/" + uuid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.want == "" {
				tc.want = tc.id
			}
			if got := shortID(tc.id); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}
