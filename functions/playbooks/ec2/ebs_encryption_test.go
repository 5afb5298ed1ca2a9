package ec2_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
)

func TestEBSEncryption(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.EBSEncryption()[0],
		Seed:    unencrypted,
		Observe: observeEncryption,
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
	c := playbook.EBSEncryption()[0]
	here := target("AWS::::Account:" + playbooktest.DefaultAccount)
	there := here
	there.Region = "eu-west-1"
	if c.Root(here) == c.Root(there) {
		t.Errorf("two Regions share the lock %s", c.Root(here))
	}
}

func unencrypted(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	must(t)(ec2.NewFromConfig(root).DisableEbsEncryptionByDefault(ctx, &ec2.DisableEbsEncryptionByDefaultInput{}))
	return "AWS::::Account:" + playbooktest.DefaultAccount
}

func observeEncryption(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
	t.Helper()
	out, err := ec2.NewFromConfig(root).GetEbsEncryptionByDefault(ctx, &ec2.GetEbsEncryptionByDefaultInput{})
	must(t)(out, err)
	return aws.ToBool(out.EbsEncryptionByDefault)
}
