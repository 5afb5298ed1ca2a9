// Package kms holds the playbooks for AWS Key Management Service.
package kms

import (
	"cmp"
	"context"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// yearly is the period of AWS where nobody chose one.
const yearly = 365

// rotation is whether AWS renews a key's material by itself, and how often; no days where it does not.
type rotation struct {
	Enabled              bool
	RotationPeriodInDays int32
}

// KeyRotation returns the control that has AWS renew the material of keys.
func KeyRotation() []control.Control {
	return []control.Control{control.Of[rotation]{
		Info: control.Info{
			ID:     "KMS.4",
			Effect: "AWS renews the key's material regularly; old data stays readable, and nothing has to be encrypted again.",
			Fails: control.Fails{
				When: "Automatic rotation is off for a symmetric customer managed key whose material AWS KMS made. Keys that " +
					"cannot rotate by themselves are not looked at: asymmetric and HMAC keys, imported material, key stores " +
					"of one's own.",
				Rule: "cmk-backing-key-rotation-enabled",
			},
			Impact: control.ImpactNone,
			Params: []control.Param{{
				Name: "rotationPeriodInDays", Meaning: "Days between rotations, for keys that do not rotate yet.",
				Default: yearly, Min: 90, Max: 2560,
			}},
			Pattern:     keyARN,
			Actions:     []string{"kms:DescribeKey", "kms:EnableKeyRotation", "kms:GetKeyRotationStatus"},
			UndoActions: []string{"kms:DisableKeyRotation"},
			// AWS shows a change of a key everywhere within minutes at most.
			Settle: control.Settle{Typical: 30 * time.Second, Within: 5 * time.Minute},
		},
		Read:  readRotation,
		Want:  rotate,
		Write: writeRotation,
	}.Control()}
}

// keyARN accepts keys, also multi-Region ones, and no aliases.
var keyARN = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/([0-9a-f-]{36}|mrk-[0-9a-f]{32})$`)

func readRotation(ctx context.Context, env control.Env) (rotation, error) {
	client := kms.NewFromConfig(env.Config)
	about, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &env.Target.Resource})
	if err != nil {
		return rotation{}, err
	}
	if about.KeyMetadata == nil {
		return rotation{}, fault.New(fault.Invalid, "DescribeKey answered without a key")
	}
	if state := about.KeyMetadata.KeyState; state == types.KeyStateCreating || state == types.KeyStateUpdating {
		return rotation{}, fault.New(fault.Retry, "the key is between two states: %s", state)
	}
	why, never := obstacle(about.KeyMetadata)
	if never {
		return rotation{}, fault.New(fault.Refused, "the key cannot rotate by itself: %s", why)
	}
	status, err := client.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: &env.Target.Resource})
	switch {
	case err != nil:
		return rotation{}, err
	case status.KeyRotationEnabled:
		return rotation{true, cmp.Or(aws.ToInt32(status.RotationPeriodInDays), yearly)}, nil
	case why != "":
		return rotation{}, fault.New(fault.Refused, "rotation cannot be enabled here: %s", why)
	}
	return rotation{}, nil
}

// rotate leaves the period of a key that rotates: the control asks for rotation, whatever its period.
func rotate(now rotation, env control.Env) (rotation, error) {
	if !now.Enabled {
		now = rotation{true, int32(env.Params.Int("rotationPeriodInDays"))}
	}
	return now, nil
}

func writeRotation(ctx context.Context, env control.Env, _, to rotation) (err error) {
	client := kms.NewFromConfig(env.Config)
	if to.Enabled {
		_, err = client.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{
			KeyId: &env.Target.Resource, RotationPeriodInDays: &to.RotationPeriodInDays,
		})
	} else {
		_, err = client.DisableKeyRotation(ctx, &kms.DisableKeyRotationInput{KeyId: &env.Target.Resource})
	}
	return err
}
