// Package secretsmanager holds the playbooks for AWS Secrets Manager.
package secretsmanager

import (
	"cmp"
	"context"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// secretARN accepts secrets by their whole ARN, which ends in six characters that Secrets Manager chose.
var secretARN = regexp.MustCompile(
	`^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:([A-Za-z0-9/_+=.@!-]{1,512}-[A-Za-z0-9]{6})$`)

const (
	paramUnused = "unusedForDays"
	// recovery is for how many days a deleted secret can be had back: the most that Secrets Manager takes.
	recovery = 30
	day      = 24 * time.Hour
)

// unused is a secret that may be deleted.
type unused struct {
	Deleted bool
	// Days is for how many whole days nobody has read it, and Kept why a person has to see to it.
	Days int    `salve:"fact"`
	Kept string `salve:"fact"`
}

// Unused returns the control that deletes a secret that nobody reads.
func Unused() []control.Control {
	return []control.Control{control.Of[unused]{
		Info: control.Info{
			ID: "SecretsManager.3",
			Effect: "The secret is deleted in 30 days. Until then nobody can read it, which shows who still needed it, and " +
				"undo brings it back; after that nothing does. Look for what reads it rarely: yearly jobs, recovery plans. It " +
				"is not billed any more.",
			Fails: control.Fails{
				When: "Nobody has read the secret, in its Region, for more than the days of the parameter. One that was never " +
					"read counts from the day on which it was made.",
				Rule: "secretsmanager-secret-unused",
			},
			Impact:  control.ImpactDestructive,
			Pattern: secretARN,
			Params: []control.Param{{
				Name: paramUnused, Meaning: "Days for which a secret may go unread.", Default: 90, Min: 1, Max: 365,
			}},
			Actions:     []string{"secretsmanager:DeleteSecret", "secretsmanager:DescribeSecret"},
			UndoActions: []string{"secretsmanager:RestoreSecret"},
		},
		Read: readUnused,
		Want: func(now unused, env control.Env) (unused, error) {
			switch {
			case now.Deleted || now.Days <= env.Params.Int(paramUnused):
				return now, nil
			case now.Kept != "":
				return now, fault.New(fault.Refused, "%s", now.Kept)
			}
			now.Deleted = true
			return now, nil
		},
		// Secrets Manager refuses to delete what is to be deleted already.
		Write: func(ctx context.Context, env control.Env, _, to unused) error {
			client := secretsmanager.NewFromConfig(env.Config)
			now, err := describe(ctx, env)
			switch {
			case err != nil, (now.DeletedDate != nil) == to.Deleted:
			case to.Deleted:
				_, err = client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{
					SecretId: &env.Target.Resource, RecoveryWindowInDays: aws.Int64(recovery),
				})
			default:
				_, err = client.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: &env.Target.Resource})
			}
			return err
		},
	}.Control()}
}

func readUnused(ctx context.Context, env control.Env) (unused, error) {
	out, err := describe(ctx, env)
	if err != nil {
		return unused{}, err
	}
	days, err := since(env, out, out.LastAccessedDate)
	if err != nil {
		return unused{}, err
	}
	now := unused{Deleted: out.DeletedDate != nil, Days: days, Kept: managed(env, out)}
	if len(out.ReplicationStatus) > 0 && now.Kept == "" {
		now.Kept = "look whether the replica of the secret in Region " + aws.ToString(out.ReplicationStatus[0].Region) +
			", and every other one, is read there, and remove them: a secret with replicas cannot be deleted"
	}
	return now, nil
}

// since are the whole days since a time, or since the secret was made where there is none.
func since(env control.Env, out *secretsmanager.DescribeSecretOutput, last *time.Time) (int, error) {
	from, err := kind.Answered(cmp.Or(last, out.CreatedDate), "DescribeSecret", "when the secret was made")
	return int(env.Now.Sub(from) / day), err
}

func describe(ctx context.Context, env control.Env) (*secretsmanager.DescribeSecretOutput, error) {
	return secretsmanager.NewFromConfig(env.Config).DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{
		SecretId: &env.Target.Resource,
	})
}

// managed is why a secret cannot be changed here; "" where it can.
func managed(env control.Env, out *secretsmanager.DescribeSecretOutput) string {
	if aws.ToString(out.OwningService) != "" {
		return "change what " + *out.OwningService + " made the secret for, or delete that there: the secret is its own"
	}
	return replica(env, out)
}

// replica is where a secret is to be changed that is a replica here; "" where it is none.
func replica(env control.Env, out *secretsmanager.DescribeSecretOutput) string {
	if home := aws.ToString(out.PrimaryRegion); home != "" && home != env.Target.Region {
		return "change the secret in Region " + home + ": it is a replica here"
	}
	return ""
}
