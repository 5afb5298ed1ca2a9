package cloudtrail

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

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
			Params: []control.Param{needs.KeyParam(needs.ParamKey, "Alias of the KMS key for the logs, a key of the account in "+
				"the Region of the trail's bucket whose policy lets cloudtrail.amazonaws.com use it. Salve makes none: a key is "+
				"billed.", "alias/cloudtrail-logs")},
			Actions: append(needs.KeyActions(), "cloudtrail:GetTrail", "cloudtrail:UpdateTrail"),
			Narrow: func(env control.Env) []string {
				return append(needs.KeyARNs(env), env.Target.Resource)
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
	key, err := needs.ReadKey(ctx, env, env.Params.Text(needs.ParamKey))
	now.Key, now.Usable = key.ARN, key.Lets(itself, "kms:GenerateDataKey")
	return now, err
}

// wantEncryption leaves a key that is there, whichever it is.
func wantEncryption(now encryption, env control.Env) (encryption, error) {
	switch alias := env.Params.Text(needs.ParamKey); {
	case now.KmsKeyId != "":
		return now, nil
	case now.Key == "":
		return now, fault.New(fault.Refused, "make a KMS key with the alias %s that lets cloudtrail.amazonaws.com use "+
			"kms:GenerateDataKey* and those who read the logs kms:Decrypt, or name the alias of one in the parameter %s: none "+
			"that is enabled has it", alias, needs.ParamKey)
	case !now.Usable:
		return now, fault.New(fault.Refused, "let cloudtrail.amazonaws.com use kms:GenerateDataKey* by the policy of the "+
			"key %s, or name another in the parameter %s: the trail could not write with it", alias, needs.ParamKey)
	}
	now.KmsKeyId = now.Key
	return now, nil
}
