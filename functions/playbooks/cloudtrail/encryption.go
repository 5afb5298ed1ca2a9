package cloudtrail

import (
	"context"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
	"github.com/salve-security/salve/internal/policydoc"
)

// paramKey is the parameter with the key for the logs.
const paramKey = "kmsKeyId"

// encryption is the key of a trail's logs; empty for S3's own.
type encryption struct {
	KmsKeyId string // as CloudTrail spells it
	// Key is the one that the parameter names, by its ARN; empty where there is none that is enabled.
	Key string `salve:"fact"`
	// Usable tells that its policy lets CloudTrail encrypt.
	Usable bool `salve:"fact"`
}

// Encryption returns the control that has a trail encrypt its logs with a key of the account.
func Encryption() []control.Control {
	return []control.Control{control.Of[encryption]{
		Info: control.Info{
			ID: "CloudTrail.2", Writes: "cloudtrail.trail.key",
			Effect: "New log files are encrypted with the key: whoever reads them, such as Athena or a SIEM, needs " +
				"kms:Decrypt on it, by its policy or by IAM. Files that are there stay as they are. Calls of KMS are billed.",
			Fails: control.Fails{
				When: "The trail has no KMS key.", Rule: "cloud-trail-encryption-enabled",
			},
			Impact:  control.ImpactInterrupts,
			Pattern: trailARN,
			Params: []control.Param{{
				Name: paramKey,
				Meaning: "Alias of the KMS key for the logs, a key of the account in the Region of the trail's bucket whose " +
					"policy lets cloudtrail.amazonaws.com use it. Salve makes none: a key is billed.",
				Default: "alias/cloudtrail-logs", Pattern: regexp.MustCompile(`^alias/[A-Za-z0-9/_-]{1,250}$`),
				Form: "alias/ and the alias of a key",
			}},
			Actions: []string{"cloudtrail:GetTrail", "cloudtrail:UpdateTrail", "kms:DescribeKey", "kms:GetKeyPolicy"},
			Narrow: func(env control.Env) []string {
				return []string{env.Target.Resource, env.Target.ARN("kms", "key/*"), env.Target.ARN("kms", "alias/*")}
			},
		},
		Read: readEncryption,
		Want: wantEncryption,
		Write: func(ctx context.Context, env control.Env, _, to encryption) error {
			// An empty text takes the key away.
			_, err := cloudtrail.NewFromConfig(env.Config).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
				Name: &env.Target.Resource, KmsKeyId: &to.KmsKeyId,
			})
			return err
		},
	}.Control()}
}

func readEncryption(ctx context.Context, env control.Env) (encryption, error) {
	out, err := cloudtrail.NewFromConfig(env.Config).GetTrail(ctx, &cloudtrail.GetTrailInput{Name: &env.Target.Resource})
	if err != nil {
		return encryption{}, err
	}
	trail, err := kind.Answered(out.Trail, "GetTrail", "a trail")
	if err != nil {
		return encryption{}, err
	}
	now := encryption{KmsKeyId: aws.ToString(trail.KmsKeyId)}
	if home := aws.ToString(trail.HomeRegion); now.KmsKeyId == "" && home != "" && home != env.Target.Region {
		return now, abroad(home, env)
	}
	return now, now.readKey(ctx, env)
}

// readKey looks at the key that the parameter names.
func (now *encryption) readKey(ctx context.Context, env control.Env) error {
	client, alias := kms.NewFromConfig(env.Config), env.Params.Text(paramKey)
	key, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &alias})
	if fault.Of(err) == fault.Gone {
		return nil // the key, not the trail
	}
	if err != nil || key.KeyMetadata == nil || !key.KeyMetadata.Enabled {
		return err
	}
	out, err := client.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{
		KeyId: key.KeyMetadata.Arn, PolicyName: aws.String("default"),
	})
	if err != nil {
		return err
	}
	now.Key, now.Usable = aws.ToString(key.KeyMetadata.Arn), lets(aws.ToString(out.Policy))
	return nil
}

// lets tells that a key's policy lets CloudTrail encrypt. Its conditions are CloudTrail's to try.
func lets(policy string) bool {
	document, err := policydoc.Read(policy)
	if err != nil {
		return false
	}
	all, err := document.Statements()
	return err == nil && slices.ContainsFunc(all, func(s policydoc.Statement) bool {
		return s.LetsService("cloudtrail.amazonaws.com", "kms:GenerateDataKey")
	})
}

// wantEncryption leaves a key that is there, whichever it is.
func wantEncryption(now encryption, env control.Env) (encryption, error) {
	switch alias := env.Params.Text(paramKey); {
	case now.KmsKeyId != "":
		return now, nil
	case now.Key == "":
		return now, fault.New(fault.Refused, "make a KMS key with the alias %s that lets cloudtrail.amazonaws.com use "+
			"kms:GenerateDataKey* and those who read the logs kms:Decrypt, or name the alias of one in the parameter %s: none "+
			"that is enabled has it", alias, paramKey)
	case !now.Usable:
		return now, fault.New(fault.Refused, "let cloudtrail.amazonaws.com use kms:GenerateDataKey* by the policy of the "+
			"key %s, or name another in the parameter %s: the trail could not write with it", alias, paramKey)
	}
	now.KmsKeyId = now.Key
	return now, nil
}
