package kms_test

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

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
					playbooktest.CaseGone: "AWS shows a deleted key as pending for a week at least: see TestKeysOfAllKinds",
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

// Keys of all kinds: those that fail and can be helped, those that pass, and those that only a person can help.
//
// better: KMS.4 sends a replica's finding to its primary
func TestKeysOfAllKinds(t *testing.T) {
	c, symmetric := rotation(t), types.KeySpecSymmetricDefault
	env := playbooktest.Env(t, c, newKey(t.Context(), t, playbooktest.Root(t)))
	for name, tc := range keys(symmetric) {
		for _, rotates := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/rotates %v", name, rotates), func(t *testing.T) {
				env := env
				answers(tc.key, rotates).AddTo(&env.Config)
				plan, err := c.Plan(t.Context(), env)
				switch {
				case rotates && !tc.never: // how often and in which state does not matter
					playbooktest.Done(t, err)
					if !plan.Empty() {
						t.Errorf("it rotates, and would change:\n%s", plan)
					}
				case tc.says == "":
					playbooktest.Done(t, err)
					if plan.Empty() {
						t.Error("taken for compliant")
					}
				default:
					playbooktest.Fails(t, err, cmp.Or(tc.class, fault.Refused), tc.says)
				}
			})
		}
	}
}

// kind is what differs from a usual key, and what is said where it does not rotate; nothing where it can.
type kind struct {
	key   types.KeyMetadata
	never bool // AWS does not even say whether it rotates
	says  string
	class fault.Class // refused, where it is empty
}

func keys(symmetric types.KeySpec) map[string]kind {
	const primary = "arn:aws:kms:eu-west-1:222222222222:key/mrk-1234abcd12ab34cd56ef1234567890ab"
	several := func(as types.MultiRegionKeyType, primary *types.MultiRegionKey) types.KeyMetadata {
		return types.KeyMetadata{MultiRegion: aws.Bool(true), MultiRegionConfiguration: &types.MultiRegionConfiguration{
			MultiRegionKeyType: as, PrimaryKey: primary,
		}}
	}
	state := func(s types.KeyState) types.KeyMetadata { return types.KeyMetadata{KeyState: s} }
	spec := func(s types.KeySpec) types.KeyMetadata { return types.KeyMetadata{KeySpec: s} }
	origin := func(o types.OriginType) types.KeyMetadata { return types.KeyMetadata{Origin: o} }
	known := &types.MultiRegionKey{Arn: aws.String(primary)}
	return map[string]kind{
		"usual":                {key: types.KeyMetadata{}},
		"said in full":         {key: types.KeyMetadata{KeySpec: symmetric, KeyUsage: types.KeyUsageTypeEncryptDecrypt}},
		"a primary":            {key: several(types.MultiRegionKeyTypePrimary, known)},
		"a primary, unknown":   {key: several(types.MultiRegionKeyTypePrimary, nil)},
		"of one Region":        {key: types.KeyMetadata{MultiRegion: aws.Bool(false)}},
		"with an expiry":       {key: types.KeyMetadata{ValidTo: aws.Time(time.Unix(1e9, 0))}},
		"described":            {key: types.KeyMetadata{Description: aws.String("archive")}},
		"without an id":        {key: types.KeyMetadata{KeyId: nil}},
		"to be deleted later":  {key: types.KeyMetadata{PendingDeletionWindowInDays: aws.Int32(7)}},
		"enabled, by its flag": {key: types.KeyMetadata{Enabled: true}},

		"RSA":               {spec(types.KeySpecRsa4096), true, "RSA_4096", ""},
		"elliptic":          {spec(types.KeySpecEccNistP256), true, "ECC_NIST_P256", ""},
		"of China":          {spec(types.KeySpecSm2), true, "SM2", ""},
		"HMAC":              {spec(types.KeySpecHmac256), true, "HMAC_256", ""},
		"imported":          {origin(types.OriginTypeExternal), true, "EXTERNAL", ""},
		"own store":         {origin(types.OriginTypeAwsCloudhsm), true, "AWS_CLOUDHSM", ""},
		"external store":    {origin(types.OriginTypeExternalKeyStore), true, "EXTERNAL_KEY_STORE", ""},
		"replica":           {several(types.MultiRegionKeyTypeReplica, known), false, primary, ""},
		"replica, unknown":  {several(types.MultiRegionKeyTypeReplica, nil), false, "the primary key", ""},
		"disabled":          {state(types.KeyStateDisabled), false, "enable the key", ""},
		"to be deleted":     {state(types.KeyStatePendingDeletion), false, "deletion", ""},
		"a replica goes":    {state(types.KeyStatePendingReplicaDeletion), false, "deletion", ""},
		"store unavailable": {state(types.KeyStateUnavailable), false, "Unavailable", ""},
		"of AWS":            {types.KeyMetadata{KeyManager: types.KeyManagerTypeAws}, false, "AWS manages it", ""},
		"being made":        {state(types.KeyStateCreating), true, "between two states", fault.Retry},
		"being updated":     {state(types.KeyStateUpdating), true, "between two states", fault.Retry},
	}
}

// An answer that leaves out what decides is no reason to act.
func TestKeyOfUnknownKind(t *testing.T) {
	c := rotation(t)
	env := playbooktest.Env(t, c, newKey(t.Context(), t, playbooktest.Root(t)),
		playbooktest.Answers(&kms.DescribeKeyOutput{KeyMetadata: &types.KeyMetadata{KeyState: types.KeyStateEnabled}}))
	_, err := c.Plan(t.Context(), env)
	playbooktest.Fails(t, err, fault.Refused, "does not say")
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
