package names_test

import (
	"testing"

	"github.com/salve-security/salve/internal/names"
)

const known = "arn:aws:securityhub:eu-west-1:111111111111:action/custom/SalveRemediate"

func TestActionOf(t *testing.T) {
	for arn, want := range map[string]string{
		known: names.ActionRemediate,
		"arn:aws:securityhub:eu-west-1:111111111111:action/custom/SalvePlan": names.ActionPlan,
		"arn:aws:securityhub:eu-west-1:111111111111:action/custom/SalveUndo": names.ActionUndo,
		"arn:aws:securityhub:eu-west-1:111111111111:action/custom/Ticket":    "",
		"arn:aws:securityhub:eu-west-1:222222222222:action/custom/SalvePlan": "",
		"arn:aws:securityhub:us-east-1:111111111111:action/custom/SalvePlan": "",
		"SalvePlan": "",
		"":          "",
	} {
		if got, ok := names.ActionOf(arn, known); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v", arn, got, ok)
		}
	}
	if got, ok := names.ActionOf("SalvePlan", ""); ok {
		t.Errorf("without a known action there is none, got %q", got)
	}
}

func TestActionsFitSecurityHub(t *testing.T) {
	for _, a := range names.Actions() {
		if len(a.ID) > 20 || len(a.Name) > 20 || a.Description == "" {
			t.Errorf("%+v", a)
		}
		if got, ok := names.ActionOf(names.ActionARN(known, a.ID), known); !ok || got != a.ID {
			t.Errorf("%s: %q, %v", a.ID, got, ok)
		}
	}
}
