package kms_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	playbook "github.com/salve-security/salve/functions/playbooks/kms"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// An answer without the key ends the run, not the program.
func TestEmptyAnswer(t *testing.T) {
	c := playbook.KeyRotation()[0]
	env := playbooktest.Env(t, c, "arn:aws:kms:us-east-1:222222222222:key/11111111-2222-3333-4444-555555555555")
	playbooktest.StandIn{
		"DescribeKey": func(any) (any, error) { return &kms.DescribeKeyOutput{}, nil },
	}.AddTo(&env.Config)
	if _, err := c.Plan(t.Context(), env); fault.Of(err) != fault.Invalid {
		t.Errorf("plan: want class invalid, got %v", err)
	}
}
