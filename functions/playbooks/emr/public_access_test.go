package emr_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/emr"
	"github.com/aws/aws-sdk-go-v2/service/emr/types"

	playbook "github.com/salve-security/salve/functions/playbooks/emr"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// blocks is a configuration with the ports, from and to of each.
func blocks(on *bool, spans ...int32) *types.BlockPublicAccessConfiguration {
	out := &types.BlockPublicAccessConfiguration{BlockPublicSecurityGroupRules: on}
	for i := 0; i < len(spans); i += 2 {
		out.PermittedPublicSecurityGroupRuleRanges = append(out.PermittedPublicSecurityGroupRuleRanges,
			types.PortRange{MinRange: &spans[i], MaxRange: &spans[i+1]})
	}
	return out
}

func put(on bool, spans ...int32) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
		t.Helper()
		playbooktest.Got(emr.NewFromConfig(root).PutBlockPublicAccessConfiguration(ctx,
			&emr.PutBlockPublicAccessConfigurationInput{BlockPublicAccessConfiguration: blocks(&on, spans...)}))(t)
	}
}

func TestPublicAccess(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.PublicAccess()[0],
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			put(false, 22, 22, 80, 81)(ctx, t, root, "")
			return playbooktest.DefaultAccountID
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
			c := playbooktest.Got(emr.NewFromConfig(root).GetBlockPublicAccessConfiguration(ctx, nil))(t)
			text := fmt.Sprint(*c.BlockPublicAccessConfiguration.BlockPublicSecurityGroupRules)
			for _, r := range c.BlockPublicAccessConfiguration.PermittedPublicSecurityGroupRuleRanges {
				text += fmt.Sprintf(" %d-%d", *r.MinRange, *r.MaxRange)
			}
			return text
		},
		Skip: map[string]string{
			playbooktest.CaseDrift:     "it blocks or not, a port is permitted or not: both are ours",
			playbooktest.CaseUnrelated: "the calls carry nothing but what the control decides on",
		},
	})
}

func TestLineOfPublicAccess(t *testing.T) {
	shape := func(c *types.BlockPublicAccessConfiguration) playbooktest.StandIn {
		return playbooktest.Answers(&emr.GetBlockPublicAccessConfigurationOutput{BlockPublicAccessConfiguration: c})
	}
	on, off := aws.Bool(true), aws.Bool(false)
	one := blocks(on)
	one.PermittedPublicSecurityGroupRuleRanges = []types.PortRange{{MinRange: aws.Int32(22)}}
	playbooktest.Judged(t, playbook.PublicAccess()[0], playbooktest.DefaultAccountID, map[string]playbooktest.Shape{
		"off":                {Answers: shape(blocks(off)), Fails: true},
		"off, with SSH":      {Answers: shape(blocks(off, 22, 22)), Fails: true},
		"on":                 {Answers: shape(blocks(on))},
		"on, with SSH":       {Answers: shape(blocks(on, 22, 22))},
		"on, with SSH alone": {Answers: shape(one)}, "on, with more": {Answers: shape(blocks(on, 22, 23)), Fails: true},
		"on, with others": {Answers: shape(blocks(on, 22, 22, 443, 443)), Fails: true},
		"on, with all":    {Answers: shape(blocks(on, 0, 65535)), Fails: true},
		"no word":         {Answers: shape(blocks(nil)), Class: fault.Invalid},
		"nothing":         {Answers: shape(nil), Class: fault.Invalid},
	})
}
