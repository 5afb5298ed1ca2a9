package needs

import (
	"context"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/policydoc"
)

// ParamKey is the parameter with the KMS key for what is encrypted.
const ParamKey = "kmsKeyId"

// KeyParam is the parameter with a key: its alias, since that is the same in each account.
func KeyParam(meaning, usual string) control.Param {
	return control.Param{
		Name: ParamKey, Default: usual, Meaning: meaning, Pattern: regexp.MustCompile(`^alias/[A-Za-z0-9/_-]{1,250}$`),
		Form: "alias/ and the alias of a key",
	}
}

// KeyActions are the actions of ReadKey.
func KeyActions() []string { return []string{"kms:DescribeKey", "kms:GetKeyPolicy"} }

// KeyARNs are what a session has to reach to read a key by its alias.
func KeyARNs(env control.Env) []string {
	return []string{env.Target.ARN("kms", "key/*"), env.Target.ARN("kms", "alias/*")}
}

// Key is a KMS key that is enabled, and what its policy says; without an ARN where there is none.
type Key struct {
	ARN    string
	policy []policydoc.Statement
}

// ReadKey reads the key with the alias of the parameter.
func ReadKey(ctx context.Context, env control.Env) (Key, error) {
	client, alias := kms.NewFromConfig(env.Config), env.Params.Text(ParamKey)
	key, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &alias})
	if fault.Of(err) == fault.Gone {
		return Key{}, nil // the key, not what is to be encrypted
	}
	if err != nil || key.KeyMetadata == nil || !key.KeyMetadata.Enabled {
		return Key{}, err
	}
	out, err := client.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{
		KeyId: key.KeyMetadata.Arn, PolicyName: aws.String("default"),
	})
	if err != nil {
		return Key{}, err
	}
	found := Key{ARN: aws.ToString(key.KeyMetadata.Arn)}
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

// LetsAccount is the same for another account.
func (k Key) LetsAccount(account string, actions ...string) bool {
	return k.all(actions, func(s policydoc.Statement, action string) bool {
		return s.Effect == "Allow" && s.MayDo(action) && slices.ContainsFunc(s.Principal["AWS"], func(who string) bool {
			return who == "*" || AccountOf(who) == account
		})
	})
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
