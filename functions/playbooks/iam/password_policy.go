// Package iam holds the playbooks for AWS Identity and Access Management.
package iam

import (
	"context"
	"fmt"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
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

// passwordRule is a control that asks something of the password policy.
type passwordRule struct {
	id, effect string
	fails      string // when AWS counts it as failed
	params     []control.Param
	// want tightens the policy; it must leave alone what is tight enough.
	want func(p passwordPolicy, params control.Params) (passwordPolicy, error)
}

// control returns the rule as a control.
func (r passwordRule) control() control.Control {
	return control.Of[passwords]{
		Info: control.Info{
			ID: r.id, Effect: r.effect, Params: r.params,
			Fails:       control.Fails{When: r.fails, Rule: "iam-password-policy"},
			State:       "iam.password-policy",
			Impact:      control.ImpactNone,
			Pattern:     accountID,
			Actions:     []string{"iam:GetAccountPasswordPolicy", "iam:UpdateAccountPasswordPolicy"},
			UndoActions: []string{"iam:DeleteAccountPasswordPolicy"},
			// An account has one policy, whatever the finding calls the account.
			Lock:         func(control.Env) []string { return []string{"account password policy"} },
			WholeAccount: true,
		},
		Read: readPasswords,
		Want: func(now passwords, env control.Env) (passwords, error) {
			p := withoutPolicy()
			if now.Policy != nil {
				p = *now.Policy
			}
			p, err := r.want(p, env.Params)
			return passwords{&p}, err
		},
		Write: writePasswords,
	}.Control()
}

// withoutPolicy is the least that is no weaker than what AWS asks for in an
// account without a policy: eight characters of three kinds out of four. A
// policy cannot say "three out of four", so three are named.
func withoutPolicy() passwordPolicy {
	return passwordPolicy{
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
	if out.PasswordPolicy == nil {
		return passwords{}, fault.New(fault.Invalid, "GetAccountPasswordPolicy answered without a policy")
	}
	return passwords{policyOf(out.PasswordPolicy)}, nil
}

func policyOf(p *types.PasswordPolicy) *passwordPolicy {
	return &passwordPolicy{
		MinimumPasswordLength:      aws.ToInt32(p.MinimumPasswordLength),
		RequireUppercaseCharacters: p.RequireUppercaseCharacters,
		RequireLowercaseCharacters: p.RequireLowercaseCharacters,
		RequireNumbers:             p.RequireNumbers,
		RequireSymbols:             p.RequireSymbols,
		AllowUsersToChangePassword: p.AllowUsersToChangePassword,
		HardExpiry:                 aws.ToBool(p.HardExpiry),
		MaxPasswordAge:             aws.ToInt32(p.MaxPasswordAge),
		PasswordReusePrevention:    aws.ToInt32(p.PasswordReusePrevention),
	}
}

// writePasswords reads again right before it puts, so that a value somebody
// changed meanwhile is neither lost nor written over.
func writePasswords(ctx context.Context, env control.Env, from, to passwords) error {
	now, err := readPasswords(ctx, env)
	if err != nil {
		return fmt.Errorf("read again before the change: %w", err)
	}
	p, ok := carry(now.Policy, from.Policy, to.Policy)
	switch {
	case !ok:
		return fault.New(fault.Drifted, "the password policy was changed by somebody else: plan again")
	case p == nil && now.Policy == nil, p != nil && now.Policy != nil && *p == *now.Policy:
		return nil
	case p == nil:
		_, err = iam.NewFromConfig(env.Config).DeleteAccountPasswordPolicy(ctx, &iam.DeleteAccountPasswordPolicyInput{})
		return err
	}
	_, err = iam.NewFromConfig(env.Config).UpdateAccountPasswordPolicy(ctx, p.input())
	return err
}

// input is the call that sets the policy. AWS accepts no zero days or passwords: without a value there is no rule.
func (p passwordPolicy) input() *iam.UpdateAccountPasswordPolicyInput {
	in := &iam.UpdateAccountPasswordPolicyInput{
		MinimumPasswordLength:      aws.Int32(p.MinimumPasswordLength),
		RequireUppercaseCharacters: p.RequireUppercaseCharacters,
		RequireLowercaseCharacters: p.RequireLowercaseCharacters,
		RequireNumbers:             p.RequireNumbers,
		RequireSymbols:             p.RequireSymbols,
		AllowUsersToChangePassword: p.AllowUsersToChangePassword,
		HardExpiry:                 aws.Bool(p.HardExpiry),
	}
	if p.MaxPasswordAge > 0 {
		in.MaxPasswordAge = aws.Int32(p.MaxPasswordAge)
	}
	if p.PasswordReusePrevention > 0 {
		in.PasswordReusePrevention = aws.Int32(p.PasswordReusePrevention)
	}
	return in
}
