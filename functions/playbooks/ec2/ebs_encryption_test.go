package ec2_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const account = "AWS::::Account:" + playbooktest.DefaultAccount

func TestEBSEncryption(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbooktest.Pick(t, playbook.EBSEncryption(), "EC2.7"),
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			playbooktest.Got(ec2.NewFromConfig(root).DisableEbsEncryptionByDefault(ctx, nil))(t)
			return account
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
			return *playbooktest.Got(ec2.NewFromConfig(root).GetEbsEncryptionByDefault(ctx, nil))(t).EbsEncryptionByDefault
		},
		Skip: map[string]string{
			playbooktest.CaseGone:      "an account does not go away under a run",
			playbooktest.CaseDrift:     "a setting with two values has no third",
			playbooktest.CaseUnrelated: "the calls carry nothing but this one setting",
			playbooktest.CaseNarrow:    "AWS does not limit these actions to a resource",
		},
	})
}

// The setting is per Region, and so are the locks that runs wait for.
func TestEBSEncryptionLock(t *testing.T) {
	c := playbooktest.Pick(t, playbook.EBSEncryption(), "EC2.7")
	here := c.Root(control.Target{Resource: account, Region: playbooktest.DefaultRegion})
	if here == c.Root(control.Target{Resource: account, Region: "eu-west-1"}) {
		t.Errorf("two Regions share the lock %s", here)
	}
}

// The answer is about one Region; one without the setting says nothing.
func TestEBSEncryptionLine(t *testing.T) {
	c := playbooktest.Pick(t, playbook.EBSEncryption(), "EC2.7")
	for _, region := range []string{"us-east-1", "eu-west-1", "us-gov-west-1", "cn-north-1"} {
		answer := func(on *bool) playbooktest.StandIn {
			return playbooktest.StandIn{"GetEbsEncryptionByDefault": func(any) (any, error) {
				return &ec2.GetEbsEncryptionByDefaultOutput{EbsEncryptionByDefault: on, SseType: types.SSETypeSseKms}, nil
			}}
		}
		playbooktest.Judged(t, c, account, map[string]playbooktest.Shape{
			region + ", on":    {Answers: answer(aws.Bool(true))},
			region + ", off":   {Answers: answer(aws.Bool(false)), Fails: true},
			region + ", unset": {Answers: answer(nil), Class: fault.Invalid},
		}, playbooktest.In(playbooktest.DefaultAccount, region))
	}
}
