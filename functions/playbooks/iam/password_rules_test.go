package iam_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	playbook "github.com/salve-security/salve/functions/playbooks/iam"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// policy is what puts a password policy.
type policy = iam.UpdateAccountPasswordPolicyInput

// weak is a policy that somebody chose, with values that no control is about.
func weak() *policy {
	return &policy{
		MinimumPasswordLength: aws.Int32(6), RequireNumbers: true, AllowUsersToChangePassword: true,
		MaxPasswordAge: aws.Int32(120), PasswordReusePrevention: aws.Int32(3),
	}
}

func TestPasswordRules(t *testing.T) {
	for name, tc := range map[string]struct {
		policy    func(id string) *policy
		unrelated playbooktest.Act
		unseen    map[string]string
	}{
		// A policy that came as a whole is the control's as a whole.
		"no policy": {func(string) *policy { return nil }, rename, nil},
		"a weak policy": {lacking, edit(func(p *policy) { p.AllowUsersToChangePassword = false }), map[string]string{
			"iam:DeleteAccountPasswordPolicy": "the account had a policy, so undo removes none",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			playbooktest.Family(t, playbook.PasswordRules(), func(c control.Control) playbooktest.Suite {
				suite := playbooktest.Suite{
					Control: c,
					Seed: func(_ context.Context, t *testing.T, _ aws.Config) string {
						start(t, tc.policy(c.ID))
						return playbooktest.DefaultAccountID
					},
					Observe:   func(context.Context, *testing.T, aws.Config, string) any { return look(t) },
					Disturb:   disturbed(c.ID),
					Unrelated: tc.unrelated,
					Unseen:    tc.unseen,
					Skip: map[string]string{
						playbooktest.CaseGone:   "an account does not go away",
						playbooktest.CaseNarrow: "IAM knows no resource for the password policy: an account has one",
					},
				}
				if suite.Disturb == nil {
					suite.Skip[playbooktest.CaseDrift] = "a kind of sign is asked for or not: a third value does not exist"
				}
				return suite
			})
		})
	}
}

// lacking is a weak policy without what a control asks for.
func lacking(id string) *policy {
	p := weak()
	p.RequireNumbers = id != "IAM.14"
	return p
}

// disturbed is somebody who changes what a control has written; nil where it has two values.
func disturbed(id string) playbooktest.Act {
	switch id {
	case "IAM.11", "IAM.12", "IAM.13", "IAM.14":
		return nil
	case "IAM.16":
		return edit(func(p *policy) { p.PasswordReusePrevention = aws.Int32(5) })
	case "IAM.17":
		return edit(func(p *policy) { p.MaxPasswordAge = aws.Int32(200) })
	}
	return edit(func(p *policy) { p.MinimumPasswordLength = aws.Int32(9) })
}

// start brings the account to a policy, or to none, without an alias.
func start(t *testing.T, p *policy) {
	client := iam.NewFromConfig(playbooktest.Root(t))
	for _, name := range playbooktest.Got(client.ListAccountAliases(t.Context(), nil))(t).AccountAliases {
		playbooktest.Got(client.DeleteAccountAlias(t.Context(), &iam.DeleteAccountAliasInput{AccountAlias: &name}))(t)
	}
	if p != nil {
		playbooktest.Got(client.UpdateAccountPasswordPolicy(t.Context(), p))(t)
	} else if _, err := client.DeleteAccountPasswordPolicy(t.Context(), nil); fault.Of(err) != fault.Gone {
		playbooktest.Done(t, err)
	}
}

// edit is somebody who changes the policy that is there.
func edit(change func(*policy)) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
		var p policy
		playbooktest.Done(t, json.Unmarshal(playbooktest.Got(json.Marshal(look(t)))(t), &p))
		change(&p)
		playbooktest.Got(iam.NewFromConfig(root).UpdateAccountPasswordPolicy(ctx, &p))(t)
	}
}

// rename changes something about the account that is no password policy.
func rename(ctx context.Context, t *testing.T, root aws.Config, _ string) {
	in := iam.CreateAccountAliasInput{AccountAlias: aws.String("suite")}
	playbooktest.Got(iam.NewFromConfig(root).CreateAccountAlias(ctx, &in))(t)
}

// look is what another client sees of the account: its aliases, and the policy by the names of its fields.
func look(t *testing.T) map[string]any {
	client, seen := iam.NewFromConfig(playbooktest.Root(t)), map[string]any{}
	out, err := client.GetAccountPasswordPolicy(t.Context(), nil)
	if fault.Of(err) != fault.Gone {
		playbooktest.Done(t, err)
		playbooktest.Done(t, json.Unmarshal(playbooktest.Got(json.Marshal(out.PasswordPolicy))(t), &seen))
	}
	seen["aliases"] = playbooktest.Got(client.ListAccountAliases(t.Context(), nil))(t).AccountAliases
	return seen
}

// What a control asks for changes, what it does not ask for stays, and nothing becomes weaker. With hard expiry, a
// new age would lock out everybody whose password is older.
//
// better: IAM.7 keeps all else of the password policy and never weakens it
// better: IAM.7 leaves hard expiry as it is
// better: IAM.15 keeps all else of the password policy and never weakens it
func TestPolicyIsMerged(t *testing.T) {
	strict, hard := strict(), hard()
	merged(t, map[string]merge{
		"IAM.15 changes the length alone": {"IAM.15", weak(), nil, "  ~ Policy.MinimumPasswordLength: 6 → 14\n"},
		"IAM.15 keeps a longer one":       {"IAM.15", strict, nil, ""},
		"IAM.15 is not weaker than no policy": {
			"IAM.15", nil, nil, `  + Policy {"AllowUsersToChangePassword":false,"HardExpiry":false,"MaxPasswordAge":0,` +
				`"MinimumPasswordLength":14,"PasswordReusePrevention":0,"RequireLowercaseCharacters":true,` +
				`"RequireNumbers":true,"RequireSymbols":false,"RequireUppercaseCharacters":true}` + "\n",
		},
		"IAM.7 leaves reuse, expiry, and hard expiry as found": {
			"IAM.7", strict, nil,
			"  ~ Policy.RequireLowercaseCharacters: false → true\n  ~ Policy.RequireUppercaseCharacters: false → true\n",
		},
		"IAM.7 with parameters": {
			"IAM.7", weak(), map[string]any{
				"minimumPasswordLength": 10, "passwordReusePrevention": 2, "maxPasswordAge": 90,
				"requireSymbols": false, "requireUppercaseCharacters": false, "requireNumbers": false,
			}, "  ~ Policy.MaxPasswordAge: 120 → 90\n  ~ Policy.MinimumPasswordLength: 6 → 10\n" +
				"  ~ Policy.RequireLowercaseCharacters: false → true\n",
		},
		"IAM.7 keeps what is stricter than its parameters": {
			"IAM.7", strict, map[string]any{
				"maxPasswordAge": 90, "minimumPasswordLength": 8, "passwordReusePrevention": 9,
				"requireLowercaseCharacters": false, "requireUppercaseCharacters": false,
			}, "",
		},
		"IAM.7 does not lock anybody out": {"IAM.7", hard, map[string]any{"maxPasswordAge": 90}, "!HardExpiry"},
	})
}

// The other rules merge as those do.
//
// better: IAM.11 keeps all else of the password policy and never weakens it
// better: IAM.12 keeps all else of the password policy and never weakens it
// better: IAM.13 keeps all else of the password policy and never weakens it
// better: IAM.14 keeps all else of the password policy and never weakens it
// better: IAM.16 keeps all else of the password policy and never weakens it
// better: IAM.17 keeps all else of the password policy and never weakens it
func TestPolicyIsMergedByOthers(t *testing.T) {
	const upper, lower = "  ~ Policy.RequireUppercaseCharacters: false → true\n",
		"  ~ Policy.RequireLowercaseCharacters: false → true\n"
	merged(t, map[string]merge{
		"IAM.10 changes what PCI DSS asks for, and no more": {
			"IAM.10", weak(), nil, "  ~ Policy.MaxPasswordAge: 120 → 90\n  ~ Policy.MinimumPasswordLength: 6 → 7\n" +
				"  ~ Policy.PasswordReusePrevention: 3 → 4\n" + lower + upper,
		},
		"IAM.10 keeps a longer, a younger, a longer memory": {
			"IAM.10", strict(), nil,
			lower + upper,
		},
		"IAM.11 changes one kind alone": {"IAM.11", weak(), nil, upper},
		"IAM.12 changes one kind alone": {"IAM.12", weak(), nil, lower},
		"IAM.13 changes one kind alone": {"IAM.13", weak(), nil, "  ~ Policy.RequireSymbols: false → true\n"},
		"IAM.14 has its digit":          {"IAM.14", weak(), nil, ""},
		"IAM.14 asks for a digit": {
			"IAM.14", &policy{MinimumPasswordLength: aws.Int32(20)}, nil, "  ~ Policy.RequireNumbers: false → true\n",
		},
		"IAM.16 changes the memory alone":  {"IAM.16", weak(), nil, "  ~ Policy.PasswordReusePrevention: 3 → 24\n"},
		"IAM.17 changes the age alone":     {"IAM.17", weak(), nil, "  ~ Policy.MaxPasswordAge: 120 → 90\n"},
		"IAM.17 keeps a younger age":       {"IAM.17", strict(), nil, ""},
		"IAM.17 does not lock anybody out": {"IAM.17", hard(), nil, "!HardExpiry"},
		"IAM.10 does not lock anybody out": {"IAM.10", hard(), nil, "!HardExpiry"},
	})
}

// merge is what a control makes of a policy.
type merge struct {
	id     string
	start  *policy
	params map[string]any
	want   string // the plan, or with an exclamation mark what a refusal says
}

// strict is a policy that is stronger than most rules ask for, and locks out whoever is late.
func strict() *policy {
	return &policy{
		MinimumPasswordLength: aws.Int32(20), RequireNumbers: true, RequireSymbols: true, HardExpiry: aws.Bool(true),
		AllowUsersToChangePassword: true, MaxPasswordAge: aws.Int32(30), PasswordReusePrevention: aws.Int32(10),
	}
}

// hard is a weak policy that locks out whoever is late.
func hard() *policy {
	p := weak()
	p.HardExpiry = aws.Bool(true)
	return p
}

func merged(t *testing.T, cases map[string]merge) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			start(t, tc.start)
			before, c := look(t), playbooktest.Pick(t, playbook.PasswordRules(), tc.id)
			env := playbooktest.Env(t, c, playbooktest.DefaultAccountID, playbooktest.With(tc.params))
			if words, refused := strings.CutPrefix(tc.want, "!"); refused {
				_, err := c.Plan(t.Context(), env)
				playbooktest.Fails(t, err, fault.Refused, words)
				return
			}
			playbooktest.Done(t, c.Apply(t.Context(), env, playbooktest.Planned(t, c, env, tc.want)))
			after := look(t)
			for name, was := range before {
				if was == true && after[name] != true || name == "HardExpiry" && after[name] != was {
					t.Errorf("%s was %v and is %v", name, was, after[name])
				}
			}
		})
	}
}

// Whoever has to set a new password and may not needs an administrator; and where the account had no policy, one is
// made that asks for more than an age.
func TestRulesWithAnAgeSayWhoIsLockedOut(t *testing.T) {
	for _, id := range []string{"IAM.7", "IAM.10", "IAM.17"} {
		effect := playbooktest.Pick(t, playbook.PasswordRules(), id).Effect
		if !strings.Contains(effect, "iam:ChangePassword") || !strings.Contains(effect, "an administrator") {
			t.Errorf("%s does not say who is locked out: %s", id, effect)
		}
	}
	for _, id := range []string{"IAM.11", "IAM.12", "IAM.13", "IAM.14", "IAM.15", "IAM.16", "IAM.17"} {
		if effect := playbooktest.Pick(t, playbook.PasswordRules(), id).Effect; !strings.Contains(effect, "had no policy") {
			t.Errorf("%s does not say what else comes where there was no policy: %s", id, effect)
		}
	}
}

// All rules write one policy, so their runs must wait for each other.
func TestRulesShareTheirLock(t *testing.T) {
	here, there := playbooktest.DefaultAccountID, "AWS::::Account:333333333333"
	for _, c := range playbook.PasswordRules() {
		of := playbooktest.Pick(t, playbook.PasswordRules(), "IAM.7").LockKeys(control.Target{Resource: there}, nil)
		if keys := c.LockKeys(control.Target{Resource: here}, nil); !slices.Equal(keys, of) {
			t.Errorf("%s locks %q", c.ID, keys)
		}
	}
}
