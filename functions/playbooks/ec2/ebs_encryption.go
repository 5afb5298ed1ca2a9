// Package ec2 holds the playbooks for Amazon EC2: its networks and its volumes.
package ec2

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/salve-security/salve/internal/control"
)

// ebsEncryption is whether new volumes and copies of snapshots are encrypted when nobody asks for it.
type ebsEncryption struct{ ByDefault bool }

// EBSEncryption returns the control that encrypts new volumes of a Region.
func EBSEncryption() []control.Control {
	return []control.Control{control.Of[ebsEncryption]{
		Info: control.Info{
			ID: "EC2.7",
			Effect: "New EBS volumes and copies of snapshots in the Region are encrypted with the Region's default " +
				"key. Volumes and snapshots that exist stay as they are.",
			Fails: control.Fails{
				When: "Encryption of new EBS volumes by default is off for the account in the Region.",
				Rule: "ec2-ebs-encryption-by-default",
			},
			Impact:      control.ImpactNone,
			Pattern:     accountID,
			Actions:     []string{"ec2:EnableEbsEncryptionByDefault", "ec2:GetEbsEncryptionByDefault"},
			UndoActions: []string{"ec2:DisableEbsEncryptionByDefault"},
			// The setting is the Region's, whatever the finding calls the account.
			WholeAccount: true,
			Lock:         func(env control.Env) []string { return []string{"ec2/ebs-encryption/" + env.Target.Region} },
		},
		Read:  readEBSEncryption,
		Want:  func(ebsEncryption, control.Env) (ebsEncryption, error) { return ebsEncryption{ByDefault: true}, nil },
		Write: writeEBSEncryption,
	}.Control()}
}

func readEBSEncryption(ctx context.Context, env control.Env) (ebsEncryption, error) {
	out, err := ec2.NewFromConfig(env.Config).GetEbsEncryptionByDefault(ctx, &ec2.GetEbsEncryptionByDefaultInput{})
	if err != nil {
		return ebsEncryption{}, err
	}
	return ebsEncryption{ByDefault: aws.ToBool(out.EbsEncryptionByDefault)}, nil
}

func writeEBSEncryption(ctx context.Context, env control.Env, _, to ebsEncryption) error {
	client := ec2.NewFromConfig(env.Config)
	if to.ByDefault {
		_, err := client.EnableEbsEncryptionByDefault(ctx, &ec2.EnableEbsEncryptionByDefaultInput{})
		return err
	}
	_, err := client.DisableEbsEncryptionByDefault(ctx, &ec2.DisableEbsEncryptionByDefaultInput{})
	return err
}

// accountID accepts the resource id that findings about an account as a whole have.
var accountID = regexp.MustCompile(`^AWS::::Account:(\d{12})$`)
