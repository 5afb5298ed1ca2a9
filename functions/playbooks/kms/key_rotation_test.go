package kms_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/kms"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

func TestKeyRotation(t *testing.T) {
	for name, params := range map[string]control.Params{
		"yearly": nil, "quarterly": {"rotationPeriodInDays": 90},
	} {
		t.Run(name, func(t *testing.T) {
			playbooktest.Run(t, playbooktest.Suite{
				World: keepPeriods(playbooktest.World(t)), Control: playbook.KeyRotation()[0], Params: params,
				Seed: newKey,
				Foreign: []string{
					"arn:aws:kms:us-east-1:222222222222:alias/aws/s3",
					"11111111-2222-3333-4444-555555555555",
					"arn:aws:kms:us-east-1:222222222222:key/*",
				},
				Observe:   look,
				Disturb:   every(180),
				Unrelated: describe,
				Delete:    deleteKey,
				Skip: map[string]string{
					playbooktest.CaseGone: "AWS shows a deleted key as pending for a week at least: see TestKeysThatCannotRotate",
				},
			})
		})
	}
}

func newKey(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	out, err := kms.NewFromConfig(root).CreateKey(ctx, &kms.CreateKeyInput{Description: aws.String("suite")})
	must(t, err)
	return aws.ToString(out.KeyMetadata.Arn)
}

// every is somebody who has the key rotate with another period.
func every(days int32) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		_, err := kms.NewFromConfig(root).EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{
			KeyId: &resource, RotationPeriodInDays: &days,
		})
		must(t, err)
	}
}

func describe(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	_, err := kms.NewFromConfig(root).UpdateKeyDescription(ctx, &kms.UpdateKeyDescriptionInput{
		KeyId: &resource, Description: aws.String("for the archive"),
	})
	must(t, err)
}

func deleteKey(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	_, id, _ := strings.Cut(resource, ":key/")
	_, err := kms.NewFromConfig(root).ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: &id})
	must(t, err)
}

// seen is what another client sees of a key.
type seen struct {
	Rotates     bool
	Days        int32
	Description string
}

func look(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	t.Helper()
	client := kms.NewFromConfig(root)
	status, err := client.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: &resource})
	must(t, err)
	key, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &resource})
	must(t, err)
	return seen{
		status.KeyRotationEnabled, aws.ToInt32(status.RotationPeriodInDays), aws.ToString(key.KeyMetadata.Description),
	}
}

func TestPlanShowsThePeriod(t *testing.T) {
	c, w := playbook.KeyRotation()[0], keepPeriods(playbooktest.World(t))
	env := playbooktest.Env(t, c, newKey(t.Context(), t, w.Root(playbooktest.DefaultAccount)), playbooktest.On(w))
	plan, err := c.Plan(t.Context(), env)
	must(t, err)
	want := "  ~ Enabled: false → true\n  ~ RotationPeriodInDays: 0 → 365\n"
	if d := cmp.Diff(want, plan.String()); d != "" {
		t.Errorf("plan (-want +got):\n%s", d)
	}
}

// A key that rotates is compliant, however often. AWS leaves the period out where nobody chose one.
func TestAnyPeriodIsCompliant(t *testing.T) {
	c := playbook.KeyRotation()[0]
	for name, days := range map[string]*int32{"often": aws.Int32(90), "rarely": aws.Int32(2560), "not said": nil} {
		t.Run(name, func(t *testing.T) {
			env := playbooktest.Env(t, c, newKey(t.Context(), t, playbooktest.Root(t)))
			playbooktest.StandIn{"GetKeyRotationStatus": func(any) (any, error) {
				return &kms.GetKeyRotationStatusOutput{KeyRotationEnabled: true, RotationPeriodInDays: days}, nil
			}}.AddTo(&env.Config)
			if plan, err := c.Plan(t.Context(), env); err != nil || !plan.Empty() {
				t.Errorf("plan of a key that rotates: %v, changes:\n%s", err, plan)
			}
		})
	}
}

// The lab does not say the period either: what was written must still read as written.
func TestPeriodNobodySays(t *testing.T) {
	c := playbook.KeyRotation()[0]
	env := playbooktest.Env(t, c, newKey(t.Context(), t, playbooktest.Root(t)))
	plan, err := c.Plan(t.Context(), env)
	must(t, err)
	must(t, c.Apply(t.Context(), env, plan))
	seen, err := c.Verify(t.Context(), env, plan)
	must(t, err)
	if d := cmp.Diff(plan.Changes, seen.Changes); d != "" || len(seen.Left) > 0 {
		t.Errorf("left %v, changes (-planned +seen):\n%s", seen.Left, d)
	}
}

func TestKeysThatCannotRotate(t *testing.T) {
	const primary = "arn:aws:kms:eu-west-1:222222222222:key/mrk-1234abcd12ab34cd56ef1234567890ab"
	replica := &types.MultiRegionConfiguration{
		MultiRegionKeyType: types.MultiRegionKeyTypeReplica, PrimaryKey: &types.MultiRegionKey{Arn: aws.String(primary)},
	}
	tests := map[string]struct {
		change  func(*types.KeyMetadata)
		rotates bool
		says    string // empty where there is nothing to change
	}{
		"asymmetric": {change: func(k *types.KeyMetadata) { k.KeySpec = types.KeySpecRsa4096 }, says: "RSA_4096"},
		"HMAC":       {change: func(k *types.KeyMetadata) { k.KeySpec = types.KeySpecHmac256 }, says: "HMAC_256"},
		"imported":   {change: func(k *types.KeyMetadata) { k.Origin = types.OriginTypeExternal }, says: "EXTERNAL"},
		"own store":  {change: func(k *types.KeyMetadata) { k.Origin = types.OriginTypeAwsCloudhsm }, says: "AWS_CLOUDHSM"},
		"replica":    {change: func(k *types.KeyMetadata) { k.MultiRegionConfiguration = replica }, says: primary},
		"replica of a key that rotates": {
			change: func(k *types.KeyMetadata) { k.MultiRegionConfiguration = replica }, rotates: true,
		},
		"replica without its primary": {change: func(k *types.KeyMetadata) {
			k.MultiRegionConfiguration = &types.MultiRegionConfiguration{MultiRegionKeyType: types.MultiRegionKeyTypeReplica}
		}, says: "the primary key"},
		"disabled": {change: func(k *types.KeyMetadata) { k.KeyState = types.KeyStateDisabled }, says: "enable the key"},
		"disabled, but would rotate": {
			change: func(k *types.KeyMetadata) { k.KeyState = types.KeyStateDisabled }, rotates: true,
		},
		"to be deleted": {
			change: func(k *types.KeyMetadata) { k.KeyState = types.KeyStatePendingDeletion }, says: "deletion",
		},
		"of AWS": {
			change: func(k *types.KeyMetadata) { k.KeyManager = types.KeyManagerTypeAws }, rotates: true,
		},
	}
	c := playbook.KeyRotation()[0]
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := playbooktest.Env(t, c, newKey(t.Context(), t, playbooktest.Root(t)))
			key := types.KeyMetadata{
				KeyManager: types.KeyManagerTypeCustomer, KeySpec: types.KeySpecSymmetricDefault,
				Origin: types.OriginTypeAwsKms, KeyState: types.KeyStateEnabled,
			}
			tc.change(&key)
			playbooktest.StandIn{
				"DescribeKey":          func(any) (any, error) { return &kms.DescribeKeyOutput{KeyMetadata: &key}, nil },
				"GetKeyRotationStatus": rotates(&key, tc.rotates),
			}.AddTo(&env.Config)
			plan, err := c.Plan(t.Context(), env)
			if tc.says == "" && (err != nil || !plan.Empty()) {
				t.Errorf("want nothing to change, got %v, changes:\n%s", err, plan)
			}
			if tc.says != "" && (fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), tc.says)) {
				t.Errorf("want a refusal that says %q, got %v", tc.says, err)
			}
		})
	}
}

// rotates answers as AWS does, which has no status of keys that never rotate.
func rotates(key *types.KeyMetadata, on bool) func(any) (any, error) {
	return func(any) (any, error) {
		if key.KeySpec != types.KeySpecSymmetricDefault {
			return nil, &types.UnsupportedOperationException{Message: aws.String("asked for the impossible")}
		}
		return &kms.GetKeyRotationStatusOutput{KeyRotationEnabled: on}, nil
	}
}

func TestKeyIsGone(t *testing.T) {
	c := playbook.KeyRotation()[0]
	env := playbooktest.Env(t, c, "arn:aws:kms:us-east-1:222222222222:key/11111111-2222-3333-4444-555555555555")
	if _, err := c.Plan(t.Context(), env); fault.Of(err) != fault.Gone {
		t.Errorf("want an error of class gone, got %v (%s)", err, fault.Of(err))
	}
}

// must fails the test when a call of the test's own does not succeed.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
