package cloudwatch

import (
	"context"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// paramKey is the parameter with the key of the topic that is made.
const paramKey = "topicKey"

// keyParam is the key of a topic that has to be made.
func keyParam() control.Param {
	return needs.KeyParam(paramKey, "Alias of the KMS key that encrypts the topic "+topicName+" where Salve makes it, a "+
		"key of the account and Region whose policy lets cloudwatch.amazonaws.com use it. Such a key is billed. AWS's own, "+
		"alias/aws/sns, takes no alarms.", "alias/"+topicName)
}

// readKey finds out whether alarms can tell a topic that the key encrypts. It is of interest only where a topic has to
// be made: a topic that is there keeps its own.
func readKey(ctx context.Context, env control.Env, now watch) error {
	if _, there := now.Topics[topicName]; there || env.Params.Text(paramSubscribe) == "" {
		return nil
	}
	alias := env.Params.Text(paramKey)
	key, err := needs.ReadKey(ctx, env, alias)
	if key.ARN != "" {
		now.Keys[alias] = key.Lets("cloudwatch.amazonaws.com", "kms:Decrypt", "kms:GenerateDataKey")
	}
	return err
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
