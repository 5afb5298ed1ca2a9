package iam_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	playbook "github.com/salve-security/salve/functions/playbooks/iam"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// rules is a password policy as AWS answers it.
type rules = types.PasswordPolicy

// eight is the weakest policy that passes IAM.7 as Security Hub sets it, but for the changes.
func eight(changes ...func(*rules)) *rules {
	p := &rules{
		MinimumPasswordLength: aws.Int32(8), RequireUppercaseCharacters: true, RequireLowercaseCharacters: true,
		RequireNumbers: true, RequireSymbols: true,
	}
	for _, change := range changes {
		change(p)
	}
	return p
}

func long(n int32) func(*rules) {
	return func(p *rules) { p.MinimumPasswordLength = &n }
}

func old(days int32) func(*rules) {
	return func(p *rules) { p.ExpirePasswords, p.MaxPasswordAge = days > 0, &days }
}

func reuse(n int32) func(*rules) {
	return func(p *rules) { p.PasswordReusePrevention = &n }
}

// plain drops the kinds of signs that a policy asks for.
func plain(p *rules) {
	*p = rules{MinimumPasswordLength: p.MinimumPasswordLength, MaxPasswordAge: p.MaxPasswordAge}
}

func passes(p *rules, params map[string]any) playbooktest.Shape { return policyShape(false, p, params) }

func breaks(p *rules, params map[string]any) playbooktest.Shape { return policyShape(true, p, params) }

// policyShape is what becomes of a policy, nil where the account has none; with what Security Hub was told to ask for.
func policyShape(fails bool, p *rules, params map[string]any) playbooktest.Shape {
	answers := playbooktest.Answers(&iam.GetAccountPasswordPolicyOutput{PasswordPolicy: p})
	if p == nil {
		answers["GetAccountPasswordPolicy"] = gone
	}
	return playbooktest.Shape{Answers: answers, Params: params, Fails: fails}
}

// By itself Security Hub asks IAM.7 for eight characters of four kinds, and neither for reuse nor for age.
func TestLineOfStrongPasswords(t *testing.T) {
	c := playbooktest.Pick(t, playbook.PasswordRules(), "IAM.7")
	lenient := map[string]any{
		"requireUppercaseCharacters": false, "requireLowercaseCharacters": false, "requireSymbols": false,
		"requireNumbers": false,
	}
	playbooktest.Judged(t, c, playbooktest.DefaultAccountID, map[string]playbooktest.Shape{
		"nothing answered": {
			Answers: playbooktest.Answers(&iam.GetAccountPasswordPolicyOutput{}), Class: fault.Invalid,
		},
		"as asked":               passes(eight(), nil),
		"longer":                 passes(eight(long(128)), nil),
		"ages and remembers":     passes(eight(old(90), reuse(24)), nil),
		"remembers one":          passes(eight(reuse(1)), nil),
		"ages in three years":    passes(eight(old(1095)), nil),
		"age of zero":            passes(eight(old(0)), nil),
		"hard expiry":            passes(eight(old(30), func(p *rules) { p.HardExpiry = aws.Bool(true) }), nil),
		"users may change":       passes(eight(func(p *rules) { p.AllowUsersToChangePassword = true }), nil),
		"no kinds, none asked":   passes(eight(plain), lenient),
		"fourteen asked":         passes(eight(long(14)), map[string]any{"minimumPasswordLength": 14}),
		"reuse asked":            passes(eight(reuse(24)), map[string]any{"passwordReusePrevention": 24}),
		"age asked, the same":    passes(eight(old(90)), map[string]any{"maxPasswordAge": 90}),
		"age asked, younger":     passes(eight(old(30)), map[string]any{"maxPasswordAge": 90}),
		"none at all":            breaks(nil, nil),
		"none, and none asked":   breaks(nil, lenient),
		"seven":                  breaks(eight(long(7)), nil),
		"no length":              breaks(eight(func(p *rules) { p.MinimumPasswordLength = nil }), nil),
		"no kinds":               breaks(eight(plain, long(128)), nil),
		"no capitals":            breaks(eight(func(p *rules) { p.RequireUppercaseCharacters = false }), nil),
		"no small letters":       breaks(eight(func(p *rules) { p.RequireLowercaseCharacters = false }), nil),
		"no digits":              breaks(eight(func(p *rules) { p.RequireNumbers = false }), nil),
		"no symbols":             breaks(eight(func(p *rules) { p.RequireSymbols = false }), nil),
		"fourteen asked, has 13": breaks(eight(long(13)), map[string]any{"minimumPasswordLength": 14}),
		"reuse asked, has 23":    breaks(eight(reuse(23)), map[string]any{"passwordReusePrevention": 24}),
		"reuse asked, has none":  breaks(eight(), map[string]any{"passwordReusePrevention": 1}),
		"age asked, has none":    breaks(eight(), map[string]any{"maxPasswordAge": 90}),
		"age asked, older":       breaks(eight(old(91)), map[string]any{"maxPasswordAge": 90}),
	})
}

// IAM.15 asks for fourteen characters and for nothing else.
func TestLineOfLength(t *testing.T) {
	shapes := map[string]playbooktest.Shape{
		"none at all":        breaks(nil, nil),
		"no length":          breaks(&rules{}, nil),
		"strong but for it":  breaks(eight(long(13), old(90), reuse(24)), nil),
		"expires":            breaks(eight(old(1)), nil),
		"remembers":          breaks(eight(reuse(24)), nil),
		"expires hard":       breaks(eight(func(p *rules) { p.HardExpiry = aws.Bool(true) }), nil),
		"14, all kinds":      passes(eight(long(14)), nil),
		"14, expires":        passes(eight(long(14), plain, old(90)), nil),
		"14, remembers":      passes(eight(long(14), plain, reuse(1)), nil),
		"14, no zero values": passes(eight(long(14), plain, old(0)), nil),
	}
	for n, fails := range map[int32]bool{0: true, 6: true, 8: true, 12: true, 13: true} {
		shapes[fmt.Sprint(n)] = policyShape(fails, eight(long(n)), nil)
	}
	for _, n := range []int32{14, 15, 20, 64, 127, 128} {
		shapes[fmt.Sprint(n)] = passes(eight(long(n), plain), nil)
	}
	c := playbooktest.Pick(t, playbook.PasswordRules(), "IAM.15")
	playbooktest.Judged(t, c, playbooktest.DefaultAccountID, shapes)
}

// The others ask for one thing each, or for what PCI DSS does, and for nothing else.
func TestLineOfOtherPasswordRules(t *testing.T) {
	upper := func(p *rules) { p.RequireUppercaseCharacters = !p.RequireUppercaseCharacters }
	lower := func(p *rules) { p.RequireLowercaseCharacters = !p.RequireLowercaseCharacters }
	symbol := func(p *rules) { p.RequireSymbols = !p.RequireSymbols }
	digit := func(p *rules) { p.RequireNumbers = !p.RequireNumbers }
	bare := func(changes ...func(*rules)) *rules {
		return eight(append([]func(*rules){plain, long(6)}, changes...)...)
	}
	pci := func(changes ...func(*rules)) *rules {
		return bare(append([]func(*rules){upper, lower, digit, long(7), reuse(4), old(90)}, changes...)...)
	}
	for id, tc := range map[string]struct{ pass, fail []*rules }{
		"IAM.10": {
			[]*rules{pci(), pci(long(128), reuse(24), old(1)), pci(symbol)},
			[]*rules{
				pci(upper), pci(lower), pci(digit), pci(long(6)), pci(reuse(3)), pci(reuse(0)), pci(old(91)), pci(old(0)),
				pci(func(p *rules) { p.MaxPasswordAge, p.PasswordReusePrevention = nil, nil }),
			},
		},
		"IAM.11": {[]*rules{bare(upper)}, []*rules{bare(), pci(upper)}},
		"IAM.12": {[]*rules{bare(lower)}, []*rules{bare(), pci(lower)}},
		"IAM.13": {[]*rules{bare(symbol)}, []*rules{bare(), pci()}},
		"IAM.14": {[]*rules{bare(digit)}, []*rules{bare(), pci(digit)}},
		"IAM.16": {[]*rules{bare(reuse(24))}, []*rules{bare(), pci(), bare(reuse(23)), bare(reuse(0))}},
		"IAM.17": {[]*rules{bare(old(90)), bare(old(1))}, []*rules{bare(), bare(old(91)), bare(old(0)), pci(old(1095))}},
	} {
		shapes := map[string]playbooktest.Shape{"none at all": breaks(nil, nil)}
		for n, p := range tc.pass {
			shapes[fmt.Sprint("passes ", n)] = passes(p, nil)
		}
		for n, p := range tc.fail {
			shapes[fmt.Sprint("fails ", n)] = breaks(p, nil)
		}
		playbooktest.Judged(t, playbooktest.Pick(t, playbook.PasswordRules(), id), playbooktest.DefaultAccountID, shapes)
	}
}

// userKey is an access key that was made and used days ago.
type userKey struct {
	status     types.StatusType
	made, used int
}

// user has keys, and a password that was made and used days ago.
func user(made, used int, keys ...userKey) playbooktest.StandIn {
	answers := ages{keyMade: never, passwordSet: made, passwordUsed: used}.answers()
	out := &iam.ListAccessKeysOutput{}
	for i, k := range keys {
		out.AccessKeyMetadata = append(out.AccessKeyMetadata, types.AccessKeyMetadata{
			AccessKeyId: aws.String(fmt.Sprint(i)), Status: k.status, CreateDate: ago(k.made),
		})
	}
	answers["ListAccessKeys"] = func(any) (any, error) { return out, nil }
	answers["GetAccessKeyLastUsed"] = func(in any) (any, error) {
		k, last := keys[(*in.(*iam.GetAccessKeyLastUsedInput).AccessKeyId)[0]-'0'], &types.AccessKeyLastUsed{}
		if last.LastUsedDate = ago(k.used); k.used == unheard {
			last = nil
		}
		return &iam.GetAccessKeyLastUsedOutput{AccessKeyLastUsed: last}, nil
	}
	return answers
}

// of replaces the answer about the password.
func of(answers playbooktest.StandIn, p *types.LoginProfile) playbooktest.StandIn {
	answers["GetLoginProfile"] = func(any) (any, error) { return &iam.GetLoginProfileOutput{LoginProfile: p}, nil }
	return answers
}

// unheard is a use of which AWS says nothing at all.
const unheard = -3

// AWS fails a user for each active key and for the password, by the last use; what was never used counts from when it
// was made. TestWhatIsUnused has one credential at each age.
//
// better: IAM.22 counts when a password or key was made, not only when it was used
func TestLineOfCredentials(t *testing.T) {
	for id, days := range map[string]int{"IAM.8": 90, "IAM.22": 45} {
		c := playbooktest.Pick(t, playbook.UnusedCredentials(), id)
		playbooktest.Judged(t, c, eve, credentialShapes(days), playbooktest.At(noon()))
	}
}

// credentialShapes are users on both sides of a number of days.
func credentialShapes(days int) map[string]playbooktest.Shape {
	const on, off = types.StatusTypeActive, types.StatusTypeInactive
	shapes := map[string]playbooktest.Shape{}
	for name, answers := range map[string]playbooktest.StandIn{
		"nothing":                      user(never, never),
		"no password, signed in once":  user(never, 300),
		"key in use":                   user(never, never, userKey{on, 900, 0}),
		"new key, of no use":           user(never, never, userKey{on, days - 1, never}),
		"old key, used a day less ago": user(never, never, userKey{on, 900, days - 1}),
		"old key, off":                 user(never, never, userKey{off, 900, 300}),
		"old key, off, of no use":      user(never, never, userKey{off, 900, never}),
		"one used, one off":            user(never, never, userKey{on, 900, 1}, userKey{off, 900, 300}),
		"both used":                    user(never, never, userKey{on, 900, 1}, userKey{on, 100, days - 1}),
		"of a status that is new":      user(never, never, userKey{"Expired", 900, 300}),
		"password in use":              user(900, 1),
		"password and key in use":      user(900, days-1, userKey{on, 900, days - 1}),
		"new password, of no use":      user(days-1, never),
		"password in use, old key off": user(900, 1, userKey{off, 900, 300}),
	} {
		shapes[name] = playbooktest.Shape{Answers: answers}
	}
	for name, answers := range map[string]playbooktest.StandIn{
		"key used so long ago":      user(never, never, userKey{on, 900, days}),
		"key used years ago":        user(never, never, userKey{on, 3000, 2500}),
		"key so old, of no use":     user(never, never, userKey{on, days, never}),
		"one used, one not":         user(never, never, userKey{on, 900, 1}, userKey{on, 900, 300}),
		"one off, one not used":     user(never, never, userKey{off, 900, 1}, userKey{on, 900, never}),
		"both unused":               user(never, never, userKey{on, 900, days}, userKey{on, days, never}),
		"password used so long ago": user(900, days),
		"old password, of no use":   user(days, never),
		"password unused, key used": user(900, 300, userKey{on, 900, 1}),
		"password used, key unused": user(900, 1, userKey{on, 900, 300}),
		"password unused, key off":  user(900, 300, userKey{off, 900, 300}),
	} {
		shapes[name] = playbooktest.Shape{Answers: answers, Fails: true}
	}
	anew := []string{"have the user sign in once", "2026-05-27"}
	for name, answers := range map[string]playbooktest.StandIn{
		"new password, signed in with an older one": user(5, 300),
		"and an unused key":                         user(5, days, userKey{on, 900, 300}),
	} {
		shapes[name] = playbooktest.Shape{Answers: answers, Class: fault.Refused, Words: anew}
	}
	for name, answers := range map[string]playbooktest.StandIn{
		"old key, of whose use nothing is said": user(never, never, userKey{on, 900, unheard}),
		"key of no age":                         user(never, never, userKey{on, never, never}),
		"password of no age":                    of(user(never, never), &types.LoginProfile{}),
	} {
		shapes[name] = playbooktest.Shape{Answers: answers, Class: fault.Invalid}
	}
	return shapes
}
