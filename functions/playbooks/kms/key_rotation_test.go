package kms_test

import (
	"cmp"
	"context"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	playbook "github.com/salve-security/salve/functions/playbooks/kms"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

func rotation(t *testing.T) control.Control {
	return playbooktest.Pick(t, playbook.KeyRotation(), "KMS.4")
}

func TestKeyRotation(t *testing.T) {
	for name, params := range map[string]control.Params{
		"yearly": nil, "quarterly": {"rotationPeriodInDays": 90},
	} {
		t.Run(name, func(t *testing.T) {
			playbooktest.Run(t, playbooktest.Suite{
				World:   playbooktest.Amended(playbooktest.World(t), keepPeriods()),
				Control: rotation(t), Params: params,
				Seed: newKey,
				Foreign: []string{
					"arn:aws:kms:us-east-1:222222222222:alias/aws/s3",
					"11111111-2222-3333-4444-555555555555",
					"arn:aws:kms:us-east-1:222222222222:key/*",
				},
				Observe: look,
				Disturb: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
					playbooktest.Got(kms.NewFromConfig(root).EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{
						KeyId: &resource, RotationPeriodInDays: aws.Int32(180),
					}))(t)
				},
				Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
					playbooktest.Got(kms.NewFromConfig(root).UpdateKeyDescription(ctx, &kms.UpdateKeyDescriptionInput{
						KeyId: &resource, Description: aws.String("for the archive"),
					}))(t)
				},
				Skip: map[string]string{
					playbooktest.CaseGone: "AWS shows a deleted key as pending for a week at least: see TestKeysThatCannotRotate",
				},
			})
		})
	}
}

// keepPeriods puts right what the lab lacks: it knows whether a key rotates and forgets how often.
func keepPeriods() func(in, out any) {
	var days sync.Map // *int32 by key
	return func(in, out any) {
		switch in := in.(type) {
		case *kms.EnableKeyRotationInput:
			days.Store(*in.KeyId, in.RotationPeriodInDays)
		case *kms.GetKeyRotationStatusInput:
			if status, ok := out.(*kms.GetKeyRotationStatusOutput); ok && status.KeyRotationEnabled {
				kept, _ := days.Load(*in.KeyId)
				status.RotationPeriodInDays, _ = kept.(*int32)
			}
		}
	}
}

func newKey(ctx context.Context, t *testing.T, root aws.Config) string {
	made := kms.CreateKeyInput{Description: aws.String("suite")}
	return *playbooktest.Got(kms.NewFromConfig(root).CreateKey(ctx, &made))(t).KeyMetadata.Arn
}

// look is what another client sees of a key: whether it rotates, how often, and what it is for.
func look(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	client := kms.NewFromConfig(root)
	status := playbooktest.Got(client.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: &resource}))(t)
	key := playbooktest.Got(client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &resource}))(t).KeyMetadata
	return []any{status.KeyRotationEnabled, aws.ToInt32(status.RotationPeriodInDays), aws.ToString(key.Description)}
}

// A key that rotates is compliant, however often. AWS leaves the period out where nobody chose one.
func TestAnyPeriodIsCompliant(t *testing.T) {
	key := newKey(t.Context(), t, playbooktest.Root(t))
	for name, days := range map[string]*int32{"often": aws.Int32(90), "rarely": aws.Int32(2560), "not said": nil} {
		t.Run(name, func(t *testing.T) {
			env := playbooktest.Env(t, rotation(t), key, playbooktest.Answers(
				&kms.GetKeyRotationStatusOutput{KeyRotationEnabled: true, RotationPeriodInDays: days}))
			playbooktest.Planned(t, rotation(t), env, "")
		})
	}
}

// The lab does not say the period either: the plan shows it, and what was written must still read as written.
func TestPeriodNobodySays(t *testing.T) {
	c := rotation(t)
	env := playbooktest.Env(t, c, newKey(t.Context(), t, playbooktest.Root(t)))
	playbooktest.Planned(t, c, env, "  ~ Enabled: false → true\n  ~ RotationPeriodInDays: 0 → 365\n")
	for _, ch := range playbooktest.Fix(t, c, env) {
		if len(ch.Got) > 0 {
			t.Errorf("%s was seen as %s", ch.Path, ch.Got)
		}
	}
}

func TestKeysThatCannotRotate(t *testing.T) {
	const primary = "arn:aws:kms:eu-west-1:222222222222:key/mrk-1234abcd12ab34cd56ef1234567890ab"
	replica := func(primary *types.MultiRegionKey) types.KeyMetadata {
		return types.KeyMetadata{MultiRegionConfiguration: &types.MultiRegionConfiguration{
			MultiRegionKeyType: types.MultiRegionKeyTypeReplica, PrimaryKey: primary,
		}}
	}
	known := replica(&types.MultiRegionKey{Arn: aws.String(primary)})
	disabled := types.KeyMetadata{KeyState: types.KeyStateDisabled}
	for name, tc := range map[string]struct {
		key     types.KeyMetadata // what differs from a key that can rotate
		rotates bool
		says    string // empty where there is nothing to change
	}{
		"asymmetric":                    {types.KeyMetadata{KeySpec: types.KeySpecRsa4096}, false, "RSA_4096"},
		"HMAC":                          {types.KeyMetadata{KeySpec: types.KeySpecHmac256}, false, "HMAC_256"},
		"imported":                      {types.KeyMetadata{Origin: types.OriginTypeExternal}, false, "EXTERNAL"},
		"own store":                     {types.KeyMetadata{Origin: types.OriginTypeAwsCloudhsm}, false, "AWS_CLOUDHSM"},
		"replica":                       {known, false, primary},
		"replica of a key that rotates": {known, true, ""},
		"replica without its primary":   {replica(nil), false, "the primary key"},
		"disabled":                      {disabled, false, "enable the key"},
		"disabled, but would rotate":    {disabled, true, ""},
		"to be deleted":                 {types.KeyMetadata{KeyState: types.KeyStatePendingDeletion}, false, "deletion"},
		"of AWS":                        {types.KeyMetadata{KeyManager: types.KeyManagerTypeAws}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := rotation(t)
			env := playbooktest.Env(t, c, newKey(t.Context(), t, playbooktest.Root(t)), answers(tc.key, tc.rotates))
			if tc.says == "" {
				playbooktest.Planned(t, c, env, "")
				return
			}
			_, err := c.Plan(t.Context(), env)
			playbooktest.Fails(t, err, fault.Refused, tc.says)
		})
	}
}

// answers are those of AWS, which has no status of keys that never rotate.
func answers(key types.KeyMetadata, rotates bool) playbooktest.StandIn {
	key.KeyManager = cmp.Or(key.KeyManager, types.KeyManagerTypeCustomer)
	key.KeySpec = cmp.Or(key.KeySpec, types.KeySpecSymmetricDefault)
	key.Origin = cmp.Or(key.Origin, types.OriginTypeAwsKms)
	key.KeyState = cmp.Or(key.KeyState, types.KeyStateEnabled)
	said := playbooktest.Answers(
		&kms.DescribeKeyOutput{KeyMetadata: &key}, &kms.GetKeyRotationStatusOutput{KeyRotationEnabled: rotates})
	if key.KeySpec != types.KeySpecSymmetricDefault {
		said["GetKeyRotationStatus"] = func(any) (any, error) {
			return nil, &types.UnsupportedOperationException{Message: aws.String("asked for the impossible")}
		}
	}
	return said
}

// A key that was never there, and an answer without one, which ends the run and not the program.
func TestNoKey(t *testing.T) {
	const nobodys = "arn:aws:kms:us-east-1:222222222222:key/11111111-2222-3333-4444-555555555555"
	_, err := rotation(t).Plan(t.Context(), playbooktest.Env(t, rotation(t), nobodys))
	playbooktest.Fails(t, err, fault.Gone)
	playbooktest.Unanswered(t, rotation(t), nobodys, &kms.DescribeKeyOutput{})
}
