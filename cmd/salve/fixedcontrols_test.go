package main

import (
	"cmp"
	"context"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// fixedRotation is how often the material of a key is renewed; 0 never.
type fixedRotation struct{ Days int32 }

// keyControl has a parameter, belongs to a Region, and its change may show late.
func keyControl() control.Control {
	return control.Of[fixedRotation]{
		Info: control.Info{
			ID: "Key.1", Fails: control.Fails{When: "The key does not rotate.", Rule: "cmk-backing-key-rotation-enabled"},
			Impact: control.ImpactNone, Effect: "AWS renews the key's material.",
			Params:      []control.Param{{Name: "days", Meaning: "Days between rotations.", Default: 365, Min: 90, Max: 2560}},
			Pattern:     regexp.MustCompile(`^arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/([0-9a-f-]{36})$`),
			Actions:     []string{"kms:EnableKeyRotation", "kms:GetKeyRotationStatus"},
			UndoActions: []string{"kms:DisableKeyRotation"},
			Settle:      control.Settle{Typical: 30 * time.Second, Within: 5 * time.Minute},
		},
		Read: func(ctx context.Context, env control.Env) (fixedRotation, error) {
			out, err := kms.NewFromConfig(env.Config).GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{
				KeyId: &env.Target.Resource,
			})
			if err != nil || !out.KeyRotationEnabled {
				return fixedRotation{}, err
			}
			return fixedRotation{cmp.Or(aws.ToInt32(out.RotationPeriodInDays), 365)}, nil
		},
		Want: func(now fixedRotation, env control.Env) (fixedRotation, error) {
			if now.Days == 0 {
				now.Days = int32(env.Params.Int("days"))
			}
			return now, nil
		},
		Write: func(ctx context.Context, env control.Env, _, to fixedRotation) (err error) {
			client, key := kms.NewFromConfig(env.Config), &env.Target.Resource
			if to.Days == 0 {
				_, err = client.DisableKeyRotation(ctx, &kms.DisableKeyRotationInput{KeyId: key})
			} else {
				_, err = client.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: key, RotationPeriodInDays: &to.Days})
			}
			return err
		},
	}.Control()
}

// fixedPasswords is the shortest password of an account; 0 where nothing is set.
type fixedPasswords struct{ Length int32 }

// passwordControl is about an account itself. Scripts only plan it.
func passwordControl() control.Control {
	return control.Of[fixedPasswords]{
		Info: control.Info{
			ID: "Password.1", WholeAccount: true,
			Fails:  control.Fails{When: "Passwords may be short.", Rule: "iam-password-policy"},
			Impact: control.ImpactNone, Effect: "New passwords are longer.", Pattern: fixedAccount,
			Params:  []control.Param{{Name: "length", Meaning: "Characters at least.", Default: 14, Min: 6, Max: 128}},
			Actions: []string{"iam:GetAccountPasswordPolicy", "iam:UpdateAccountPasswordPolicy"},
		},
		Read: func(ctx context.Context, env control.Env) (fixedPasswords, error) {
			out, err := iam.NewFromConfig(env.Config).GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})
			if fault.Of(err) == fault.Gone { // nobody has set one
				return fixedPasswords{}, nil
			}
			if err != nil {
				return fixedPasswords{}, err
			}
			return fixedPasswords{aws.ToInt32(out.PasswordPolicy.MinimumPasswordLength)}, nil
		},
		Want: func(now fixedPasswords, env control.Env) (fixedPasswords, error) {
			return fixedPasswords{max(now.Length, int32(env.Params.Int("length")))}, nil
		},
		Write: func(ctx context.Context, env control.Env, _, to fixedPasswords) error {
			_, err := iam.NewFromConfig(env.Config).UpdateAccountPasswordPolicy(ctx, &iam.UpdateAccountPasswordPolicyInput{
				MinimumPasswordLength: &to.Length,
			})
			return err
		},
	}.Control()
}

// userControl is destructive, and policyControl takes away what nothing brings back; both are only switched.
func userControl() control.Control {
	return idle(control.Info{
		ID: "User.1",
		Fails: control.Fails{
			When: "A user has a password and does not use it.", Rule: "iam-user-unused-credentials-check",
		},
		Impact: control.ImpactDestructive,
	})
}

func policyControl() control.Control {
	return idle(control.Info{
		ID:     "Policy.1",
		Fails:  control.Fails{When: "A policy names somebody outside.", Rule: "lambda-function-public-access-prohibited"},
		Impact: control.ImpactInterrupts, OneWay: map[string]string{"*": "Salve may not grant access"},
	})
}

// idle is a control that never has anything to do.
func idle(info control.Info) control.Control {
	info.Pattern, info.Effect, info.WholeAccount = fixedAccount, "Somebody loses access.", true
	info.Actions = []string{"iam:GetAccountPasswordPolicy"}
	return still(info)
}

// still is a control that finds everything in order.
func still(info control.Info) control.Control {
	return control.Of[struct{}]{
		Info:  info,
		Read:  func(context.Context, control.Env) (now struct{}, err error) { return now, nil },
		Want:  func(now struct{}, _ control.Env) (struct{}, error) { return now, nil },
		Write: func(context.Context, control.Env, struct{}, struct{}) error { return nil },
	}.Control()
}

// fixedAccount accepts an account as a resource.
var fixedAccount = regexp.MustCompile(`^AWS::::Account:([0-9]{12})$`)
