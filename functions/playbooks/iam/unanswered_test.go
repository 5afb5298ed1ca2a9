package iam_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	playbook "github.com/salve-security/salve/functions/playbooks/iam"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// An answer without what was asked for ends the run, not the program.
func TestEmptyAnswers(t *testing.T) {
	users, passwords := playbook.UnusedCredentials()[0], playbook.PasswordRules()[0]
	there := func(any) (any, error) { return &iam.GetUserOutput{User: &types.User{}}, nil }
	none := func(any) (any, error) { return &iam.ListAccessKeysOutput{}, nil }
	for operation, tc := range map[string]struct {
		control  control.Control
		resource string
		answer   any
	}{
		"GetUser":                  {users, userPrefix + "eve", &iam.GetUserOutput{}},
		"GetLoginProfile":          {users, userPrefix + "eve", &iam.GetLoginProfileOutput{}},
		"GetAccountPasswordPolicy": {passwords, "AWS::::Account:222222222222", &iam.GetAccountPasswordPolicyOutput{}},
	} {
		t.Run(operation, func(t *testing.T) {
			env := playbooktest.Env(t, tc.control, tc.resource)
			env.Now = time.Now()
			stand := playbooktest.StandIn{"GetUser": there, "ListAccessKeys": none}
			stand[operation] = func(any) (any, error) { return tc.answer, nil }
			stand.AddTo(&env.Config)
			if _, err := tc.control.Plan(t.Context(), env); fault.Of(err) != fault.Invalid {
				t.Errorf("plan: want class invalid, got %v", err)
			}
		})
	}
}
