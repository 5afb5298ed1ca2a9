package cloudtrail_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudtrail"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// An answer without the trail ends the run, not the program.
func TestEmptyAnswer(t *testing.T) {
	c := playbook.LogValidation()[0]
	env := playbooktest.Env(t, c, "arn:aws:cloudtrail:us-east-1:222222222222:trail/main")
	playbooktest.StandIn{
		"GetTrail": func(any) (any, error) { return &cloudtrail.GetTrailOutput{}, nil },
	}.AddTo(&env.Config)
	if _, err := c.Plan(t.Context(), env); fault.Of(err) != fault.Invalid {
		t.Errorf("plan: want class invalid, got %v", err)
	}
}
