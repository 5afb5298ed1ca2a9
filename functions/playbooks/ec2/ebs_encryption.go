// Package ec2 holds the playbooks for Amazon EC2: its networks and its volumes.
package ec2

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/kind"
)

// EBSEncryption returns the control that encrypts new volumes of a Region, and copies of snapshots, when nobody
// asks for it.
func EBSEncryption() []control.Control {
	return []control.Control{kind.Setting[bool]{
		Name: "ByDefault", Get: ebsEncryption, Want: kind.Always(true), Set: setEBSEncryption,
	}.Control(control.Info{
		ID: "EC2.7",
		Effect: "New EBS volumes and copies of snapshots in the Region are encrypted with the Region's default " +
			"key. Volumes and snapshots that exist stay as they are. Where that key is one of the account's own, whoever " +
			"launches instances needs the right to use it, the role of Auto Scaling too: see first that all have it.",
		Fails: control.Fails{
			When: "Encryption of new EBS volumes by default is off for the account in the Region.",
			Rule: "ec2-ebs-encryption-by-default",
		},
		Impact:      control.ImpactNone,
		Pattern:     regexp.MustCompile(`^AWS::::Account:(\d{12})$`),
		Actions:     []string{"ec2:EnableEbsEncryptionByDefault", "ec2:GetEbsEncryptionByDefault"},
		UndoActions: []string{"ec2:DisableEbsEncryptionByDefault"},
		// The setting is the Region's, whatever the finding calls the account.
		WholeAccount: true,
		Lock:         func(env control.Env) []string { return []string{"ec2/ebs-encryption/" + env.Target.Region} },
	})}
}

func ebsEncryption(ctx context.Context, env control.Env) (bool, error) {
	out, err := ec2.NewFromConfig(env.Config).GetEbsEncryptionByDefault(ctx, &ec2.GetEbsEncryptionByDefaultInput{})
	if err != nil {
		return false, err
	}
	return kind.Answered(out.EbsEncryptionByDefault, "GetEbsEncryptionByDefault", "the default")
}

func setEBSEncryption(ctx context.Context, env control.Env, on bool) (err error) {
	client := ec2.NewFromConfig(env.Config)
	if on {
		_, err = client.EnableEbsEncryptionByDefault(ctx, &ec2.EnableEbsEncryptionByDefaultInput{})
	} else {
		_, err = client.DisableEbsEncryptionByDefault(ctx, &ec2.DisableEbsEncryptionByDefaultInput{})
	}
	return err
}
