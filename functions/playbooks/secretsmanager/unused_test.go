package secretsmanager_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	playbook "github.com/salve-security/salve/functions/playbooks/secretsmanager"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const (
	prefix = "arn:aws:secretsmanager:" + playbooktest.DefaultRegion + ":" + playbooktest.DefaultAccount + ":secret:"
	day    = 24 * time.Hour
)

func newSecret(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	return *playbooktest.Got(secretsmanager.NewFromConfig(root).CreateSecret(ctx, &secretsmanager.CreateSecretInput{
		Name: aws.String("app/" + rand.Text()), SecretString: aws.String("x"),
	}))(t).ARN
}

func tag(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	playbooktest.Got(secretsmanager.NewFromConfig(root).TagResource(ctx, &secretsmanager.TagResourceInput{
		SecretId: &resource, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("ops")}},
	}))(t)
}

func remove(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	playbooktest.Got(secretsmanager.NewFromConfig(root).DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{
		SecretId: &resource, ForceDeleteWithoutRecovery: aws.Bool(true),
	}))(t)
}

func foreign() []string {
	return []string{prefix + "*", prefix + "app", "arn:aws:secretsmanager:us-east-1:222222222222:app-a1B2c3"}
}

func TestUnused(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.Unused()[0], Seed: newSecret, Now: time.Now().Add(100 * day), Foreign: foreign(),
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			t.Helper()
			out := playbooktest.Got(secretsmanager.NewFromConfig(root).DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{
				SecretId: &resource,
			}))(t)
			return []any{out.DeletedDate != nil, out.Tags}
		},
		Unrelated: tag, Delete: remove,
		DisturbFact: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			playbooktest.Got(secretsmanager.NewFromConfig(root).ReplicateSecretToRegions(ctx,
				&secretsmanager.ReplicateSecretToRegionsInput{
					SecretId: &resource, AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("us-west-2")}},
				}))(t)
		},
		Skip: map[string]string{playbooktest.CaseDrift: "a secret is to be deleted or not: a third value does not exist"},
	})
}

// better: SecretsManager.3 counts from its creation where a secret was never read
func TestLineOfUnused(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) *time.Time { return aws.Time(now.Add(-d)) }
	shape := func(fails bool, out secretsmanager.DescribeSecretOutput) playbooktest.Shape {
		return playbooktest.Shape{Answers: playbooktest.Answers(&out), Fails: fails}
	}
	refused := func(word string, out secretsmanager.DescribeSecretOutput) playbooktest.Shape {
		return playbooktest.Shape{Answers: playbooktest.Answers(&out), Class: fault.Refused, Words: []string{word}}
	}
	type secret = secretsmanager.DescribeSecretOutput
	old, fresh := ago(400*day), ago(time.Hour)
	short := shape(true, secret{CreatedDate: old, LastAccessedDate: ago(8 * day)})
	short.Params = map[string]any{"unusedForDays": 7}
	playbooktest.Judged(t, playbook.Unused()[0], prefix+"app-a1B2c3", map[string]playbooktest.Shape{
		"long ago":             shape(true, secret{CreatedDate: old, LastAccessedDate: ago(91 * day)}),
		"never, old":           shape(true, secret{CreatedDate: old}),
		"a week is the limit":  short,
		"on the last day":      shape(false, secret{CreatedDate: old, LastAccessedDate: ago(91*day - time.Hour)}),
		"today":                shape(false, secret{CreatedDate: old, LastAccessedDate: fresh}),
		"never, new":           shape(false, secret{CreatedDate: fresh}),
		"to be deleted":        shape(false, secret{CreatedDate: old, DeletedDate: fresh}),
		"primary itself":       shape(true, secret{CreatedDate: old, PrimaryRegion: aws.String("us-east-1")}),
		"of a service":         refused("rds", secret{CreatedDate: old, OwningService: aws.String("rds")}),
		"of a service, in use": shape(false, secret{CreatedDate: fresh, OwningService: aws.String("rds")}),
		"a replica": refused("Region eu-west-1",
			secret{CreatedDate: old, PrimaryRegion: aws.String("eu-west-1")}),
		"with replicas":         refused("us-west-2", secret{CreatedDate: old, ReplicationStatus: replicas()}),
		"nobody knows how long": {Answers: playbooktest.Answers(&secret{}), Class: fault.Invalid},
	}, playbooktest.At(now))
}

func replicas() []types.ReplicationStatusType {
	return []types.ReplicationStatusType{{Region: aws.String("us-west-2")}}
}
