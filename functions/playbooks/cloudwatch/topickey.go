package cloudwatch

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

// paramKey is the parameter with the key of the topic that is made.
const paramKey = "topicKey"

// keyParam is an alias, because a rule is for many accounts, and each has a key of its own.
func keyParam() control.Param {
	return control.Param{
		Name: paramKey,
		Meaning: "Alias of the KMS key that encrypts the topic " + topicName + " where Salve makes it, a key of the " +
			"account and Region whose policy lets cloudwatch.amazonaws.com use it. Such a key is billed. AWS's own, " +
			"alias/aws/sns, takes no alarms.",
		Default: "alias/" + topicName,
		Pattern: regexp.MustCompile(`^alias/[A-Za-z0-9/_-]{1,250}$`),
		Form:    "alias/ and the alias of a key",
	}
}

// readKey finds out whether alarms can tell a topic that the key encrypts. It is of interest only where a topic has to
// be made: a topic that is there keeps its own.
func readKey(ctx context.Context, env control.Env, now watch) error {
	if _, there := now.Topics[topicName]; there || env.Params.Text(paramSubscribe) == "" {
		return nil
	}
	alias, client := env.Params.Text(paramKey), kms.NewFromConfig(env.Config)
	key, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &alias})
	if fault.Of(err) == fault.Gone {
		return nil
	}
	if err != nil {
		return err
	}
	if key.KeyMetadata == nil || !key.KeyMetadata.Enabled {
		return nil
	}
	out, err := client.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{
		KeyId: key.KeyMetadata.Arn, PolicyName: aws.String("default"),
	})
	if err != nil {
		return err
	}
	now.Keys[alias] = usable(aws.ToString(out.Policy))
	return nil
}

// usable tells that a key's policy lets alarms encrypt what they say. What cannot be told does not.
func usable(policy string) bool {
	document, err := policydoc.Read(policy)
	if err != nil {
		return false
	}
	all, err := document.Statements()
	lets := func(action string) bool {
		return slices.ContainsFunc(all, func(s policydoc.Statement) bool {
			return s.LetsService("cloudwatch.amazonaws.com", action)
		})
	}
	return err == nil && lets("kms:Decrypt") && lets("kms:GenerateDataKey")
}

// unencrypted says what is missing before a topic can be made that passes SNS.1 and is heard.
func (now watch) unencrypted(env control.Env) error {
	alias := env.Params.Text(paramKey)
	if now.Keys[alias] {
		return nil
	}
	return fault.New(fault.Refused, "make a KMS key with the alias %s whose policy lets cloudwatch.amazonaws.com use "+
		"kms:Decrypt and kms:GenerateDataKey*, or name the alias of one in the parameter %s: a topic that it does not "+
		"encrypt would fail SNS.1, and one whose key alarms may not use would stay silent", alias, paramKey)
}
