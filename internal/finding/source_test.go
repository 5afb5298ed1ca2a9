package finding_test

import (
	"testing"

	"github.com/salve-security/salve/internal/finding"
)

func TestFailing(t *testing.T) {
	state := func(compliance, workflow, record string) finding.State {
		return finding.State{Compliance: compliance, Workflow: workflow, RecordState: record}
	}
	tests := map[string]struct {
		source          finding.Source
		state           finding.State
		failing, passed bool
	}{
		"failed":                     {finding.FromControl, state("FAILED", "NEW", "ACTIVE"), true, false},
		"a warning":                  {finding.FromControl, state("WARNING", "NEW", "ACTIVE"), true, false},
		"failed, whatever became":    {finding.FromControl, state("FAILED", "RESOLVED", "ARCHIVED"), true, false},
		"passed":                     {finding.FromControl, state("PASSED", "NEW", "ACTIVE"), false, true},
		"not available":              {finding.FromControl, state("NOT_AVAILABLE", "NEW", "ACTIVE"), false, false},
		"a control that is silent":   {finding.FromControl, state("", "NEW", "ACTIVE"), false, false},
		"other letters":              {finding.FromControl, state("failed", "NEW", "ACTIVE"), false, false},
		"a product's":                {finding.FromProduct, state("", "NEW", "ACTIVE"), true, false},
		"a product's, people know":   {finding.FromProduct, state("", "NOTIFIED", "ACTIVE"), true, false},
		"a product's, dealt with":    {finding.FromProduct, state("", "RESOLVED", "ACTIVE"), false, false},
		"a product's, suppressed":    {finding.FromProduct, state("", "SUPPRESSED", "ACTIVE"), false, false},
		"a product's, archived":      {finding.FromProduct, state("", "NEW", "ARCHIVED"), false, false},
		"a product that says passed": {finding.FromProduct, state("PASSED", "NEW", "ACTIVE"), true, false},
		"nobody known":               {"", state("FAILED", "NEW", "ACTIVE"), false, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			v := finding.View{Source: tc.source, State: tc.state}
			if v.Failing() != tc.failing || v.Passed() != tc.passed {
				t.Errorf("failing %v, passed %v; want %v, %v", v.Failing(), v.Passed(), tc.failing, tc.passed)
			}
		})
	}
}

func TestSourceOfAKey(t *testing.T) {
	tests := map[string]struct {
		product string
		want    finding.Source
	}{
		"Security Hub":   {"arn:aws:securityhub:eu-west-1::product/aws/securityhub", finding.FromControl},
		"in China":       {"arn:aws-cn:securityhub:cn-north-1::product/aws/securityhub", finding.FromControl},
		"of the new API": {"arn:aws:securityhub:eu-west-1::productv2/aws/securityhub", finding.FromControl},
		"GuardDuty":      {"arn:aws:securityhub:eu-west-1::product/aws/guardduty", finding.FromProduct},
		"a member's own": {
			"arn:aws:securityhub:eu-west-1:222222222222:product/222222222222/default", finding.FromProduct,
		},
		"one that looks alike":   {"arn:aws:securityhub:eu-west-1::product/aws/securityhub/x", finding.FromProduct},
		"coverage of the new":    {"arn:aws:securityhub:eu-west-1::productv2/aws/securityhub-coverage", finding.FromProduct},
		"an account's namesake":  {"arn:aws:securityhub:eu-west-1:222222222222:product/aws/securityhub", finding.FromProduct},
		"nothing that is an ARN": {"", finding.FromProduct},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := (finding.Key{ProductArn: tc.product}).Source(); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

// TestKeysAreApart: no two identities have one text, whatever somebody writes into an id.
func TestKeysAreApart(t *testing.T) {
	key := func(api finding.API, id, product, account string) finding.Key {
		return finding.Key{API: api, ID: id, ProductArn: product, Account: account}
	}
	keys := []finding.Key{
		key(finding.ASFF, "i", "p", "1"), key(finding.OCSF, "i", "p", "1"), key(finding.ASFF, "i", "q", "1"),
		key(finding.ASFF, "i", "p", "2"), key(finding.ASFF, "i 1", "p", "1"), key(finding.ASFF, "1 p i", "p", "1"),
	}
	seen := map[string]finding.Key{}
	for _, k := range keys {
		if other, twice := seen[k.String()]; twice {
			t.Errorf("%+v and %+v are both %q", k, other, k)
		}
		seen[k.String()] = k
		for _, o := range keys {
			if (k.Compare(o) == 0) != (k == o) {
				t.Errorf("%+v and %+v compare as %d", k, o, k.Compare(o))
			}
		}
	}
}
