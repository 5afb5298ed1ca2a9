package iam_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/iam"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const account = "AWS::::Account:" + playbooktest.DefaultAccount

// rule is the control with the id.
func rule(t *testing.T, id string) control.Control {
	t.Helper()
	for _, c := range playbook.PasswordRules() {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("no control %s", id)
	return control.Control{}
}

// weak is a policy that somebody chose, with values that no control is about.
func weak() *iam.UpdateAccountPasswordPolicyInput {
	return &iam.UpdateAccountPasswordPolicyInput{
		MinimumPasswordLength: aws.Int32(8), RequireNumbers: true, AllowUsersToChangePassword: true,
		MaxPasswordAge: aws.Int32(120), PasswordReusePrevention: aws.Int32(3),
	}
}

func TestPasswordRules(t *testing.T) {
	nine := edit(func(p *iam.UpdateAccountPasswordPolicyInput) { p.MinimumPasswordLength = aws.Int32(9) })
	starts := map[string]struct {
		policy             *iam.UpdateAccountPasswordPolicyInput
		disturb, unrelated playbooktest.Act
		unseen             map[string]string
	}{
		// A policy that came as a whole is the control's as a whole.
		"no policy": {nil, nine, rename, nil},
		"a weak policy": {weak(), nine, forbidChanges, map[string]string{
			"iam:DeleteAccountPasswordPolicy": "the account had a policy, so undo removes none",
		}},
	}
	for _, c := range playbook.PasswordRules() {
		for name, tc := range starts {
			t.Run(c.ID+"/"+name, func(t *testing.T) {
				playbooktest.Run(t, playbooktest.Suite{
					Control: c,
					Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
						t.Helper()
						start(ctx, t, root, tc.policy)
						return account
					},
					Observe:   func(ctx context.Context, t *testing.T, root aws.Config, _ string) any { return look(ctx, t, root) },
					Disturb:   tc.disturb,
					Unrelated: tc.unrelated,
					Unseen:    tc.unseen,
					Skip: map[string]string{
						playbooktest.CaseGone:   "an account does not go away",
						playbooktest.CaseNarrow: "IAM knows no resource for the password policy: an account has one",
					},
				})
			})
		}
	}
}

// start brings the account to a policy, or to none, without an alias.
func start(ctx context.Context, t *testing.T, root aws.Config, policy *iam.UpdateAccountPasswordPolicyInput) {
	t.Helper()
	client := iam.NewFromConfig(root)
	for name := range look(ctx, t, root).Aliases {
		_, err := client.DeleteAccountAlias(ctx, &iam.DeleteAccountAliasInput{AccountAlias: &name})
		must(t, err)
	}
	if policy != nil {
		put(policy)(ctx, t, root, "")
		return
	}
	if _, err := client.DeleteAccountPasswordPolicy(ctx, nil); err != nil && fault.Of(err) != fault.Gone {
		t.Fatal(err)
	}
}

func put(policy *iam.UpdateAccountPasswordPolicyInput) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
		t.Helper()
		_, err := iam.NewFromConfig(root).UpdateAccountPasswordPolicy(ctx, policy)
		must(t, err)
	}
}

// edit is somebody who changes the policy that is there.
func edit(change func(*iam.UpdateAccountPasswordPolicyInput)) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		p := look(ctx, t, root).input()
		change(p)
		put(p)(ctx, t, root, resource)
	}
}

func forbidChanges(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	edit(func(p *iam.UpdateAccountPasswordPolicyInput) { p.AllowUsersToChangePassword = false })(ctx, t, root, resource)
}

// rename changes something about the account that is no password policy.
func rename(ctx context.Context, t *testing.T, root aws.Config, _ string) {
	t.Helper()
	_, err := iam.NewFromConfig(root).CreateAccountAlias(ctx, &iam.CreateAccountAliasInput{
		AccountAlias: aws.String("suite"),
	})
	must(t, err)
}

// seen is what another client sees of the account; Numbers is nil where it has no policy.
type seen struct {
	Numbers map[string]int32
	Flags   map[string]bool
	Aliases map[string]bool
}

func look(ctx context.Context, t *testing.T, root aws.Config) seen {
	t.Helper()
	client := iam.NewFromConfig(root)
	aliases, err := client.ListAccountAliases(ctx, nil)
	must(t, err)
	s := seen{Aliases: map[string]bool{}}
	for _, a := range aliases.AccountAliases {
		s.Aliases[a] = true
	}
	out, err := client.GetAccountPasswordPolicy(ctx, nil)
	if fault.Of(err) == fault.Gone {
		return s
	}
	must(t, err)
	p := out.PasswordPolicy
	s.Numbers = map[string]int32{
		"length": aws.ToInt32(p.MinimumPasswordLength), "age": aws.ToInt32(p.MaxPasswordAge),
		"reuse": aws.ToInt32(p.PasswordReusePrevention),
	}
	s.Flags = map[string]bool{
		"upper": p.RequireUppercaseCharacters, "lower": p.RequireLowercaseCharacters, "number": p.RequireNumbers,
		"symbol": p.RequireSymbols, "change": p.AllowUsersToChangePassword, "hard": aws.ToBool(p.HardExpiry),
	}
	return s
}

// input is the call that would bring what was seen about.
func (s seen) input() *iam.UpdateAccountPasswordPolicyInput {
	in := &iam.UpdateAccountPasswordPolicyInput{
		MinimumPasswordLength:      aws.Int32(s.Numbers["length"]),
		RequireUppercaseCharacters: s.Flags["upper"], RequireLowercaseCharacters: s.Flags["lower"],
		RequireNumbers: s.Flags["number"], RequireSymbols: s.Flags["symbol"],
		AllowUsersToChangePassword: s.Flags["change"], HardExpiry: aws.Bool(s.Flags["hard"]),
	}
	if n := s.Numbers["age"]; n > 0 {
		in.MaxPasswordAge = &n
	}
	if n := s.Numbers["reuse"]; n > 0 {
		in.PasswordReusePrevention = &n
	}
	return in
}

// What a control asks for changes, what it does not ask for stays, and nothing becomes weaker.
func TestPolicyIsMerged(t *testing.T) {
	strict := &iam.UpdateAccountPasswordPolicyInput{
		MinimumPasswordLength: aws.Int32(20), RequireNumbers: true, RequireSymbols: true, HardExpiry: aws.Bool(true),
		AllowUsersToChangePassword: true, MaxPasswordAge: aws.Int32(30), PasswordReusePrevention: aws.Int32(10),
	}
	tests := map[string]struct {
		id     string
		start  *iam.UpdateAccountPasswordPolicyInput
		params map[string]any
		want   string // the plan
	}{
		"IAM.15 changes the length alone": {
			"IAM.15", weak(), nil, "  ~ Policy.MinimumPasswordLength: 8 → 14\n",
		},
		"IAM.15 keeps a longer one": {"IAM.15", strict, nil, ""},
		"IAM.15 is not weaker than no policy": {
			"IAM.15", nil, nil, `  + Policy {"AllowUsersToChangePassword":false,"HardExpiry":false,"MaxPasswordAge":0,` +
				`"MinimumPasswordLength":14,"PasswordReusePrevention":0,"RequireLowercaseCharacters":true,` +
				`"RequireNumbers":true,"RequireSymbols":false,"RequireUppercaseCharacters":true}` + "\n",
		},
		"IAM.7 leaves expiry, and hard expiry as found": {
			"IAM.7", strict, nil, "  ~ Policy.PasswordReusePrevention: 10 → 24\n" +
				"  ~ Policy.RequireLowercaseCharacters: false → true\n  ~ Policy.RequireUppercaseCharacters: false → true\n",
		},
		"IAM.7 with parameters": {
			"IAM.7", weak(), map[string]any{
				"minimumPasswordLength": 10, "passwordReusePrevention": 2, "maxPasswordAge": 90,
				"requireSymbols": false, "requireUppercaseCharacters": false, "requireNumbers": false,
			}, "  ~ Policy.MaxPasswordAge: 120 → 90\n  ~ Policy.MinimumPasswordLength: 8 → 10\n" +
				"  ~ Policy.RequireLowercaseCharacters: false → true\n",
		},
		"IAM.7 keeps what is stricter than its parameters": {
			"IAM.7", strict, map[string]any{
				"maxPasswordAge": 90, "minimumPasswordLength": 8, "passwordReusePrevention": 9,
				"requireLowercaseCharacters": false, "requireUppercaseCharacters": false,
			}, "",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			root := playbooktest.Root(t)
			start(t.Context(), t, root, tc.start)
			before := look(t.Context(), t, root)
			fix(t, rule(t, tc.id), tc.params, tc.want)
			after := look(t.Context(), t, root)
			for name, on := range before.Flags {
				if on && !after.Flags[name] {
					t.Errorf("%s was on and is off", name)
				}
			}
			if tc.start != nil && before.Flags["hard"] != after.Flags["hard"] {
				t.Error("hard expiry changed")
			}
		})
	}
}

// fix applies a plan that must read as wanted.
func fix(t *testing.T, c control.Control, params map[string]any, want string) {
	t.Helper()
	env := playbooktest.Env(t, c, account)
	var err error
	env.Params, err = c.Resolve(params)
	must(t, err)
	plan, err := c.Plan(t.Context(), env)
	must(t, err)
	if d := cmp.Diff(want, plan.String()); d != "" {
		t.Errorf("plan (-want +got):\n%s", d)
	}
	must(t, c.Apply(t.Context(), env, plan))
}

// With hard expiry, a new age would lock out everybody whose password is older.
func TestExpiryLocksNobodyOut(t *testing.T) {
	root, c := playbooktest.Root(t), rule(t, "IAM.7")
	hard := weak()
	hard.HardExpiry = aws.Bool(true)
	start(t.Context(), t, root, hard)
	before := look(t.Context(), t, root)
	env := playbooktest.Env(t, c, account)
	var err error
	env.Params, err = c.Resolve(map[string]any{"maxPasswordAge": 90})
	must(t, err)
	_, err = c.Plan(t.Context(), env)
	if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), "HardExpiry") {
		t.Errorf("want a refusal that names HardExpiry, got %v", err)
	}
	if d := cmp.Diff(before, look(t.Context(), t, root)); d != "" {
		t.Errorf("the policy changed (-before +now):\n%s", d)
	}
}

// Between the plan and its write somebody else changes the policy.
func TestConcurrentChange(t *testing.T) {
	tests := map[string]struct {
		start *iam.UpdateAccountPasswordPolicyInput
		act   playbooktest.Act
		want  fault.Class
		flags map[string]bool // what must hold afterwards
		long  int32
	}{
		"of another value is carried": {
			weak(), forbidChanges, fault.None, map[string]bool{"change": false, "number": true}, 14,
		},
		"of the same value is not written over": {weak(), edit(func(p *iam.UpdateAccountPasswordPolicyInput) {
			p.MinimumPasswordLength = aws.Int32(30)
		}), fault.Drifted, map[string]bool{"change": true}, 30},
		"to what is wanted is fine": {weak(), edit(func(p *iam.UpdateAccountPasswordPolicyInput) {
			p.MinimumPasswordLength = aws.Int32(14)
		}), fault.None, map[string]bool{"change": true}, 14},
		"a policy where there was none": {nil, put(weak()), fault.Drifted, map[string]bool{"change": true}, 8},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			root, c := playbooktest.Root(t), rule(t, "IAM.15")
			start(t.Context(), t, root, tc.start)
			env := playbooktest.Env(t, c, account)
			plan, err := c.Plan(t.Context(), env)
			must(t, err)
			tc.act(t.Context(), t, root, account)
			if err := c.Apply(t.Context(), env, plan); fault.Of(err) != tc.want {
				t.Errorf("want an error of class %q, got %v", tc.want, err)
			}
			after := look(t.Context(), t, root)
			if after.Numbers["length"] != tc.long {
				t.Errorf("the length is %d, want %d", after.Numbers["length"], tc.long)
			}
			got := maps.Clone(after.Flags)
			maps.DeleteFunc(got, func(name string, _ bool) bool { _, asked := tc.flags[name]; return !asked })
			if d := cmp.Diff(tc.flags, got); d != "" {
				t.Errorf("flags (-want +got):\n%s", d)
			}
		})
	}
}

// All rules write one policy, so their runs must wait for each other.
func TestRulesShareTheirLock(t *testing.T) {
	for _, c := range playbook.PasswordRules() {
		here, there := control.Target{Resource: account}, control.Target{Resource: "AWS::::Account:333333333333"}
		if keys := c.LockKeys(here, nil); !slices.Equal(keys, rule(t, "IAM.7").LockKeys(there, nil)) {
			t.Errorf("%s locks %q", c.ID, keys)
		}
	}
}
