package deploy_test

import (
	"testing"

	"github.com/salve-security/salve/internal/names"
)

// TestFunctionsAreMarkedToBeCalled tries functions with what their owners have said of them, as if the role were
// allowed to call all; and the other ways to have a function run, or to mark one.
func TestFunctionsAreMarkedToBeCalled(t *testing.T) {
	const own = "arn:aws:lambda:eu-west-1:111111111111:function:"
	const others = "arn:aws:lambda:eu-west-1:999999999999:function:rotate"
	all, mark := fullMember(t).statements(), "aws:ResourceTag/"+names.MarkRotates
	for name, c := range map[string]struct {
		action, function, value string
		open                    bool
	}{
		"marked":                   {"InvokeFunction", own + "rotate", names.Marked, true},
		"without a tag":            {"InvokeFunction", own + "rotate", "", false},
		"marked otherwise":         {"InvokeFunction", own + "rotate", "no", false},
		"Salve's own":              {"InvokeFunction", own + "salve-orchestrator", names.Marked, false},
		"another account's":        {"InvokeFunction", others, names.Marked, false},
		"marked, by its URL":       {"InvokeFunctionUrl", own + "rotate", names.Marked, false},
		"marked, the old way":      {"InvokeAsync", own + "rotate", names.Marked, false},
		"to mark one":              {"TagResource", own + "rotate", "", false},
		"to mark a marked one too": {"TagResource", own + "rotate", names.Marked, false},
		"to let others call it":    {"AddPermission", own + "rotate", names.Marked, false},
		"to change its code":       {"UpdateFunctionCode", own + "rotate", names.Marked, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := request{"lambda:" + c.action, c.function, map[string]string{mark: c.value}}
			if got := !forbids(t, all, "RemediationRole", r); got != c.open {
				t.Errorf("open: %v", got)
			}
			if !forbids(t, all, "IdentityRole", r) {
				t.Error("the role for identities may do it")
			}
		})
	}
}

// callDenials say which functions are called, that no run chooses those, and that none gives one more code.
func callDenials() map[string]expected {
	return map[string]expected{
		"NeverAddLayers": {"RemediationRole", `
			{"Effect": "Deny", "Action": "lambda:UpdateFunctionConfiguration", "Resource": "*", "Condition":
			{"ForAnyValue:StringLike": {"lambda:Layer": "*"}}}`},
		"NeverCallElsewhere": {"RemediationRole", `
			{"Effect": "Deny", "Action": "lambda:InvokeFunction", "NotResource":
			"arn:aws:lambda:*:111111111111:function:*"}`},
		"NeverCallUnmarked": {"RemediationRole", `
			{"Effect": "Deny", "Action": "lambda:InvokeFunction", "Resource": "*", "Condition":
			{"StringNotEquals": {"aws:ResourceTag/salve:rotates": "yes"}}}`},
		"NeverMark": {"RemediationRole", `{"Effect": "Deny", "Action": "lambda:TagResource", "Resource": "*"}`},
	}
}
