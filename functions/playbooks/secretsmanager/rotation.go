package secretsmanager

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const (
	paramFrequency = "maximumAllowedRotationFrequency"
	paramFunction  = "rotationLambdaArn"
	usual          = 90 // days between rotations where nobody says how many
)

// schedule is when a secret is rotated: so many days after the last time, or by an expression.
type schedule struct {
	Days       int64
	Expression string // rate() or cron(); where it is set, Days is 0
	Window     string // for how long after it begins, "3h"
}

// rotation is whether a secret is rotated, by which function, and when. All of it is empty where it is off: what
// Secrets Manager remembers then has no effect, and no call makes it forget.
type rotation struct {
	On       bool
	Function string
	Every    schedule

	Was     schedule `salve:"fact"` // what it remembers
	Counted int64    `salve:"fact"` // days between rotations by its own count
	Use     string   `salve:"fact"` // the function that it would call
	Kept    string   `salve:"fact"` // why a person has to see to it
	Begun   string   `salve:"fact"` // the version of a rotation that is under way
	Readers string   `salve:"fact"`
}

// Rotation returns the control that has Secrets Manager rotate a secret.
func Rotation() []control.Control {
	return []control.Control{control.Of[rotation]{
		Info: control.Info{
			ID: "SecretsManager.1", Writes: rotating,
			Effect: "Secrets Manager rotates the secret by its function, from the next window on, which can be the same day. " +
				"Until then everybody keeps the credential; AWS only runs the function's test step. With the first rotation " +
				whoReads + ", and so are all where the function fails half way. Look who reads the secret, and whether the " +
				"function reaches what has the credential. Lambda bills the calls. Undo turns rotation off.",
			Fails: control.Fails{
				When: "The secret is not rotated automatically; or, where Security Hub is told the most days between rotations, " +
					"they are more.",
				Rule: "secretsmanager-rotation-enabled-check",
			},
			Impact:  control.ImpactInterrupts,
			Pattern: secretARN,
			Params: []control.Param{{
				Name: paramFrequency, Default: 0, Max: 365,
				Meaning: "Most days between rotations. 0 takes any, and sets 90 where the secret has no schedule.",
			}, {
				Name: paramFunction, Default: "", Form: "the ARN of a function, without version or alias",
				Pattern: regexp.MustCompile(`^(|arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64})$`),
				Meaning: "The function for secrets that have none, in their account and Region, with the tag salve:rotates=yes.",
			}},
			Actions: rotates(), UndoActions: []string{"secretsmanager:CancelRotateSecret"}, Narrow: reach,
		},
		Read: readRotation, Want: wantRotation, Write: writeRotation,
		Mentions: func(now rotation) []string { return []string{now.Readers} },
		Invoked: func(_ control.Env, _, to rotation) []string {
			if to.On {
				return []string{to.Function}
			}
			return nil
		},
	}.Control()}
}

func readRotation(ctx context.Context, env control.Env) (rotation, error) {
	out, err := describe(ctx, env)
	if err != nil {
		return rotation{}, err
	}
	attached := aws.ToString(out.RotationLambdaARN)
	now := rotation{
		On: aws.ToBool(out.RotationEnabled), Use: cmp.Or(attached, env.Params.Text(paramFunction)), Begun: underWay(out),
		Readers: readers(out),
	}
	if r := out.RotationRules; r != nil {
		now.Counted = aws.ToInt64(r.AutomaticallyAfterDays)
		now.Was = schedule{now.Counted, aws.ToString(r.ScheduleExpression), aws.ToString(r.Duration)}
		if now.Was.Expression != "" {
			now.Was.Days = 0 // it counts them anew with each rotation
		}
	}
	if now.On {
		now.Function, now.Every, now.Was = attached, now.Was, schedule{}
	}
	if now.Kept = unrotated(env, out); now.Kept == "" {
		now.Kept, err = unfit(ctx, env, now.Use)
	}
	return now, err
}

var rate = regexp.MustCompile(`^rate\((\d{1,4}) (hour|day)s?\)$`)

// days are those between rotations, begun ones with them; 0 where only Secrets Manager can tell and has not.
func (s schedule) days(counted int64) int64 {
	m := rate.FindStringSubmatch(s.Expression)
	if m == nil {
		return cmp.Or(s.Days, counted)
	}
	n, _ := strconv.ParseInt(m[1], 10, 64) // digits, few enough
	if m[2] == "hour" {
		n = (n + 23) / 24
	}
	return n
}

// wantRotation keeps the schedule that is there, or that Secrets Manager remembers, where AWS takes it.
func wantRotation(now rotation, env control.Env) (rotation, error) {
	most, every := int64(env.Params.Int(paramFrequency)), now.Was
	if now.On {
		every = now.Every
	}
	days := every.days(now.Counted)
	if now.On && (most == 0 || days > 0 && days <= most) {
		return now, nil
	}
	switch {
	case now.On && every == schedule{}:
		return now, fault.New(fault.Invalid, "DescribeSecret answered without when the secret is rotated")
	case now.Kept != "":
		return now, fault.New(fault.Refused, "%s", now.Kept)
	case now.Begun != "":
		return now, stuck(env, now.Begun)
	}
	every, err := every.atMost(most, days)
	if err != nil {
		return now, err
	}
	now.On, now.Function, now.Every = true, now.Use, every
	return now, nil
}

// atMost is a schedule that lets no more days pass, or any number where most is 0; days are those that pass now.
func (s schedule) atMost(most, days int64) (schedule, error) {
	seldom := most > 0 && (days > most || days == 0)
	switch {
	case s.Expression == "" && (seldom || days == 0):
		s.Days = cmp.Or(most, usual)
	case seldom && rate.MatchString(s.Expression) && most == 1:
		s.Expression = "rate(1 day)"
	case seldom && rate.MatchString(s.Expression):
		s.Expression = fmt.Sprintf("rate(%d days)", most)
	case seldom:
		return s, fault.New(fault.Refused, "change the schedule %s of the secret, so that it comes at least every %d "+
			"days: somebody chose its hours", s.Expression, most)
	}
	return s, nil
}

// writeRotation turns rotation on and leaves the credential as it is, or turns it off where none is under way: what a
// rotation left half done nobody could put right.
func writeRotation(ctx context.Context, env control.Env, _, to rotation) error {
	now, err := describe(ctx, env)
	if err != nil {
		return err
	}
	attached := aws.ToString(now.RotationLambdaARN)
	switch begun := underWay(now); {
	case !to.On && !aws.ToBool(now.RotationEnabled):
		return nil
	case begun != "":
		return stuck(env, begun)
	case !to.On:
		_, err = secretsmanager.NewFromConfig(env.Config).CancelRotateSecret(ctx, &secretsmanager.CancelRotateSecretInput{
			SecretId: &env.Target.Resource,
		})
		return err
	case attached != "" && attached != to.Function:
		return fault.New(fault.Drifted, "the secret was to be rotated by %s when this was planned, and has the function "+
			"%s now", to.Function, attached)
	}
	return rotate(ctx, env, secretsmanager.RotateSecretInput{
		RotationLambdaARN: &to.Function, RotationRules: to.Every.rules(), RotateImmediately: aws.Bool(false),
	})
}

// rules are what RotateSecret takes: days or an expression.
func (s schedule) rules() *types.RotationRulesType {
	out := &types.RotationRulesType{}
	if s.Days > 0 {
		out.AutomaticallyAfterDays = &s.Days
	}
	if s.Expression != "" {
		out.ScheduleExpression = &s.Expression
	}
	if s.Window != "" {
		out.Duration = &s.Window
	}
	return out
}
