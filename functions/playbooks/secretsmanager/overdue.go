package secretsmanager

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/runbook"
)

const paramSince = "maxDaysSinceRotation" // AWS's name

// overdue is a secret that has not been rotated for too long.
type overdue struct {
	Overdue bool

	Days     int    `salve:"fact"` // whole ones since the last rotation
	Function string `salve:"fact"`
	Kept     string `salve:"fact"` // why a person has to see to it
	Begun    string `salve:"fact"` // the version of a rotation that is under way
	Readers  string `salve:"fact"`
}

// Overdue returns the control that rotates a secret now.
func Overdue() []control.Control {
	return []control.Control{control.Of[overdue]{
		Info: control.Info{
			ID: "SecretsManager.4", Writes: rotating,
			Effect: "The secret is rotated now, by its function: the credential changes where it is taken and in the secret, " +
				"and " + whoReads + ". The old value stays in the secret as AWSPREVIOUS, and is taken no more, except where " +
				"the function has two users take turns: there it is until the next rotation. The run waits until " +
				"Secrets Manager says that it has rotated, and fails where it has not within the hour. Look who reads " +
				"the secret, and at the log of its last rotation.",
			Fails: control.Fails{
				When: "The secret was last rotated more than the days of the parameter ago. One that never was counts from the " +
					"day on which it was made.",
				Rule: "secretsmanager-secret-periodic-rotation",
			},
			Impact:  control.ImpactInterrupts,
			Pattern: secretARN,
			Params: []control.Param{{
				Name: paramSince, Meaning: "Days for which a secret may stay as it is.", Default: 90, Min: 1, Max: 180,
			}},
			Actions: rotates(), Narrow: reach,
			OneWay: map[string]string{
				control.Everything: "a credential that was changed is not set back: the old value is in the secret, as AWSPREVIOUS",
			},
			// A function has 15 minutes for each of four steps, and takes seconds.
			Settle: control.Settle{Typical: time.Minute, Within: time.Hour},
		},
		Read: readOverdue, Want: wantRotated, Write: writeRotated,
		Mentions: func(now overdue) []string {
			return []string{fmt.Sprintf("the secret was last rotated, or made, %d days ago", now.Days), now.Readers}
		},
		Invoked: func(_ control.Env, from, _ overdue) []string { return []string{from.Function} },
	}.Control()}
}

func readOverdue(ctx context.Context, env control.Env) (overdue, error) {
	out, err := describe(ctx, env)
	if err != nil {
		return overdue{}, err
	}
	days, err := since(env, out, out.LastRotatedDate)
	if err != nil {
		return overdue{}, err
	}
	now := overdue{
		Days: days, Function: aws.ToString(out.RotationLambdaARN), Begun: underWay(out),
		Readers: readers(out),
	}
	now.Overdue = now.Days > env.Params.Int(paramSince)
	switch now.Kept = unrotated(env, out); {
	case now.Kept != "":
	case !aws.ToBool(out.RotationEnabled):
		now.Kept = "turn the rotation of the secret on first, for which SecretsManager.1 is: it is off"
	default:
		now.Kept, err = unfit(ctx, env, now.Function)
	}
	return now, err
}

// wantRotated leaves alone what somebody else has begun, and waits for its own.
func wantRotated(now overdue, env control.Env) (overdue, error) {
	switch {
	case !now.Overdue:
		return now, nil
	case now.Kept != "":
		return now, fault.New(fault.Refused, "%s", now.Kept)
	case now.Begun != "" && now.Begun != runbook.Token(env.Run):
		return now, stuck(env, now.Begun)
	}
	now.Overdue = false
	return now, nil
}

// writeRotated begins a rotation once for a run: the version that it makes is called after that.
func writeRotated(ctx context.Context, env control.Env, from, _ overdue) error {
	now, err := describe(ctx, env)
	if err != nil {
		return err
	}
	token := runbook.Token(env.Run)
	switch begun := underWay(now); {
	case begun == token:
		return nil
	case begun != "":
		return stuck(env, begun)
	case aws.ToString(now.RotationLambdaARN) != from.Function || !aws.ToBool(now.RotationEnabled):
		return fault.New(fault.Drifted, "the rotation of the secret was changed since this was planned: it had the "+
			"function %s", from.Function)
	}
	return rotate(ctx, env, secretsmanager.RotateSecretInput{ClientRequestToken: &token})
}
