package needs

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/policydoc"
)

// ParamKey is the parameter with the KMS key for what is encrypted.
const ParamKey = "kmsKeyId"

// What parameters take is compiled once: several controls have each of them, and the function starts with all.
var (
	aliasForm  = regexp.MustCompile(`^alias/[A-Za-z0-9/_-]{1,250}$`)
	bucketForm = regexp.MustCompile(`^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$`)
	groupForm  = regexp.MustCompile(`^([\w./#-]{1,512})?$`)
	roleForm   = regexp.MustCompile(`^([\w+=,.@-]{1,64})?$`)
)

// KeyParam is the parameter of a name with a key: its alias, since a rule is for many accounts, and each has a key of
// its own.
func KeyParam(name, meaning, usual string) control.Param {
	return control.Param{
		Name: name, Default: usual, Meaning: meaning, Pattern: aliasForm, Form: "alias/ and the alias of a key",
	}
}

// KeyActions are the actions of ReadKey.
func KeyActions() []string { return []string{"kms:DescribeKey", "kms:GetKeyPolicy"} }

// KeyARNs are what a session has to reach to read a key by its alias.
func KeyARNs(env control.Env) []string {
	return []string{env.Target.ARN("kms", "key/*"), env.Target.ARN("kms", "alias/*")}
}

// NoKey says what to do where no key has the alias.
func NoKey(alias string) string {
	return "make a KMS key with the alias " + alias + ", or name the alias of one in the parameter " + ParamKey +
		": none that is enabled, and symmetric, has it"
}

// Key is a symmetric KMS key that is enabled, and what its policy says; without an ARN where there is none.
type Key struct {
	ARN string
	// Expires tells that somebody brought its material, which KMS forgets on a day: nothing is decrypted from then on.
	Expires bool
	policy  []policydoc.Statement
}

// ReadKey reads the key with the alias.
func ReadKey(ctx context.Context, env control.Env, alias string) (Key, error) {
	client := kms.NewFromConfig(env.Config)
	key, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &alias})
	if fault.Of(err) == fault.Gone {
		return Key{}, nil // the key, not what is to be encrypted
	}
	if err != nil || key.KeyMetadata == nil || !key.KeyMetadata.Enabled {
		return Key{}, err
	}
	if spec := key.KeyMetadata.KeySpec; spec != "" && spec != types.KeySpecSymmetricDefault {
		return Key{}, nil // services encrypt with no other
	}
	out, err := client.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{
		KeyId: key.KeyMetadata.Arn, PolicyName: aws.String("default"),
	})
	if err != nil {
		return Key{}, err
	}
	found := Key{
		ARN:     aws.ToString(key.KeyMetadata.Arn),
		Expires: key.KeyMetadata.ExpirationModel == types.ExpirationModelTypeKeyMaterialExpires,
	}
	if document, err := policydoc.Read(aws.ToString(out.Policy)); err == nil {
		if all, err := document.Statements(); err == nil {
			found.policy = all
		}
	}
	return found, nil
}

// Lets tells that the key's policy lets a service do all the actions. Its conditions are the service's to try.
func (k Key) Lets(service string, actions ...string) bool {
	return k.all(actions, func(s policydoc.Statement, action string) bool { return s.LetsService(service, action) })
}

// LetsSalve is LetsRole for the role that changes things in the target's account.
func (k Key) LetsSalve(t control.Target, actions ...string) bool {
	return k.LetsRole(t.GlobalARN("iam", t.Home.Role(names.MemberRole)), actions...)
}

// LetsAccount is the same for another account.
func (k Key) LetsAccount(account string, actions ...string) bool {
	return k.all(actions, func(s policydoc.Statement, action string) bool {
		return s.Effect == "Allow" && s.MayDo(action) && (anybody(s) && callers(s, account) ||
			slices.ContainsFunc(s.Principal["AWS"], func(who string) bool { return AccountOf(who) == account }))
	})
}

// LetsRole is the same for a role, by its ARN or because the policy leaves it to the IAM of the role's account. A
// statement with conditions lets nobody, and one that denies an action, on whatever conditions, denies it.
func (k Key) LetsRole(role string, actions ...string) bool {
	named := []string{role, AccountOf(role), strings.SplitAfter(role, AccountOf(role)+":")[0] + "root"}
	return k.all(actions, func(s policydoc.Statement, action string) bool {
		return s.Effect == "Allow" && len(s.Condition) == 0 && s.MayDo(action) && (anybody(s) ||
			slices.ContainsFunc(s.Principal["AWS"], func(who string) bool { return slices.Contains(named, who) }))
	}) && !slices.ContainsFunc(k.policy, func(s policydoc.Statement) bool {
		return s.Effect == "Deny" && s.MayDo(actions...)
	})
}

// LetsAnybody is the same for whoever meets the conditions, which are not one account's.
func (k Key) LetsAnybody(actions ...string) bool {
	return k.all(actions, func(s policydoc.Statement, action string) bool {
		return s.Effect == "Allow" && s.MayDo(action) && anybody(s) && callers(s, "")
	})
}

func anybody(s policydoc.Statement) bool {
	_, all := s.Principal["*"]
	return all || slices.Contains(s.Principal["AWS"], "*")
}

// callers tells that no condition keeps out who calls from an account, "" for several: the policies of AWS's own keys
// are for anybody who calls from theirs.
func callers(s policydoc.Statement, account string) bool {
	for _, keys := range s.Condition {
		for key, values := range keys {
			of := strings.ToLower(key)
			if (of == "kms:calleraccount" || of == "aws:principalaccount") && !slices.Contains(values, account) {
				return false
			}
		}
	}
	return true
}

func (k Key) all(actions []string, lets func(policydoc.Statement, string) bool) bool {
	return !slices.ContainsFunc(actions, func(action string) bool {
		return !slices.ContainsFunc(k.policy, func(s policydoc.Statement) bool { return lets(s, action) })
	})
}

// account is the account in a principal of a policy.
var account = regexp.MustCompile(`^(?:arn:aws[a-z-]*:(?:iam|sts)::)?(\d{12})(?::.+)?$`)

// AccountOf is the account that a principal of a policy is of, by its number or an ARN; "" where nobody can tell.
func AccountOf(principal string) string {
	if m := account.FindStringSubmatch(principal); m != nil {
		return m[1]
	}
	return ""
}
