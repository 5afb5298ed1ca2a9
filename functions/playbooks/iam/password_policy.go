// Package iam holds the playbooks for AWS Identity and Access Management.
package iam

import (
	"cmp"
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// passwords is an account's policy for the passwords of its users: nil where
// the account has none, so that undo removes what a fix created.
type passwords struct {
	Policy *passwordPolicy
}

// passwordPolicy is a whole policy, because AWS resets every value that a
// change leaves out. Zero days and zero passwords mean that there is no such rule.
type passwordPolicy struct {
	MinimumPasswordLength      int32
	RequireUppercaseCharacters bool
	RequireLowercaseCharacters bool
	RequireNumbers             bool
	RequireSymbols             bool
	AllowUsersToChangePassword bool
	HardExpiry                 bool
	MaxPasswordAge             int32
	PasswordReusePrevention    int32
}

// accountID accepts the resource id of findings about a whole account.
var accountID = regexp.MustCompile(`^AWS::::Account:([0-9]{12})$`)

// passwordRule is a control that asks something of the password policy. Want tightens it, and must leave alone what
// is tight enough.
func passwordRule(
	info control.Info, want func(p passwordPolicy, params control.Params) (passwordPolicy, error),
) control.Control {
	info.State, info.Fails.Rule = "iam.password-policy", "iam-password-policy"
	info.Impact = cmp.Or(info.Impact, control.ImpactNone)
	info.Pattern, info.WholeAccount = accountID, true
	info.Actions = []string{"iam:GetAccountPasswordPolicy", "iam:UpdateAccountPasswordPolicy"}
	info.UndoActions = []string{"iam:DeleteAccountPasswordPolicy"}
	// An account has one policy, whatever the finding calls the account.
	info.Lock = func(control.Env) []string { return []string{"account password policy"} }
	return control.Of[passwords]{
		Info: info,
		Read: readPasswords,
		Want: func(now passwords, env control.Env) (passwords, error) {
			if now.Policy == nil {
				now.Policy = withoutPolicy()
			}
			p, err := want(*now.Policy, env.Params)
			return passwords{&p}, err
		},
		Write: kind.Whole[passwords]{Read: readPasswords, Put: putPasswords}.Write,
	}.Control()
}

// withoutPolicy is the least that is no weaker than what AWS asks for in an
// account without a policy: eight characters of three kinds out of four. A
// policy cannot say "three out of four", so three are named.
func withoutPolicy() *passwordPolicy {
	return &passwordPolicy{
		MinimumPasswordLength:      8,
		RequireUppercaseCharacters: true, RequireLowercaseCharacters: true, RequireNumbers: true,
	}
}

func readPasswords(ctx context.Context, env control.Env) (passwords, error) {
	out, err := iam.NewFromConfig(env.Config).GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})
	if fault.Of(err) == fault.Gone { // the policy; an account does not go
		return passwords{}, nil
	}
	if err != nil {
		return passwords{}, err
	}
	p, err := kind.Answered(out.PasswordPolicy, "GetAccountPasswordPolicy", "a policy")
	if err != nil {
		return passwords{}, err
	}
	return passwords{&passwordPolicy{
		MinimumPasswordLength:      aws.ToInt32(p.MinimumPasswordLength),
		RequireUppercaseCharacters: p.RequireUppercaseCharacters,
		RequireLowercaseCharacters: p.RequireLowercaseCharacters,
		RequireNumbers:             p.RequireNumbers,
		RequireSymbols:             p.RequireSymbols,
		AllowUsersToChangePassword: p.AllowUsersToChangePassword,
		HardExpiry:                 aws.ToBool(p.HardExpiry),
		MaxPasswordAge:             aws.ToInt32(p.MaxPasswordAge),
		PasswordReusePrevention:    aws.ToInt32(p.PasswordReusePrevention),
	}}, nil
}

func putPasswords(ctx context.Context, env control.Env, to passwords) (err error) {
	client := iam.NewFromConfig(env.Config)
	if to.Policy == nil {
		_, err = client.DeleteAccountPasswordPolicy(ctx, &iam.DeleteAccountPasswordPolicyInput{})
	} else {
		_, err = client.UpdateAccountPasswordPolicy(ctx, to.Policy.input())
	}
	return err
}

// input is the call that sets the policy. AWS accepts no zero days or passwords: without a value there is no rule.
func (p *passwordPolicy) input() *iam.UpdateAccountPasswordPolicyInput {
	some := func(n int32) *int32 {
		if n == 0 {
			return nil
		}
		return &n
	}
	return &iam.UpdateAccountPasswordPolicyInput{
		MinimumPasswordLength:      &p.MinimumPasswordLength,
		RequireUppercaseCharacters: p.RequireUppercaseCharacters,
		RequireLowercaseCharacters: p.RequireLowercaseCharacters,
		RequireNumbers:             p.RequireNumbers,
		RequireSymbols:             p.RequireSymbols,
		AllowUsersToChangePassword: p.AllowUsersToChangePassword,
		HardExpiry:                 &p.HardExpiry,
		MaxPasswordAge:             some(p.MaxPasswordAge),
		PasswordReusePrevention:    some(p.PasswordReusePrevention),
	}
}
