package cloudwatch_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// TestTopicIsEncrypted: a topic that Salve makes passes SNS.1, with a key that alarms may use.
func TestTopicIsEncrypted(t *testing.T) {
	a := watched(t)
	c, env := run(t, told("", ann), nil)
	playbooktest.Fix(t, c, env)
	name := topic
	out := playbooktest.Got(a.sns.GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: &name}))(t)
	if got := out.Attributes["KmsMasterKeyId"]; got != "alias/cis-alarms" {
		t.Errorf("the topic is encrypted with %q", got)
	}
}

// TestNoTopicWithoutAKey: none is made that is not encrypted, nor one that alarms cannot tell. One that is there keeps
// its key, or none: it is not Salve's.
func TestNoTopicWithoutAKey(t *testing.T) {
	other := told("", ann)
	other["topicKey"] = "alias/missing"
	decide(t, nil, map[string]decision{
		"no key": {params: other, fails: fault.Refused, says: "make a KMS key with the alias alias/missing"},
		"a key for others": {
			made:   func(a account) { a.key("events.amazonaws.com") },
			params: told("", ann), fails: fault.Refused, says: "lets cloudwatch.amazonaws.com use",
		},
		"a key that SNS cannot use": {
			made: func(a account) {
				a.key(forAlarms, func(in *kms.CreateKeyInput) {
					in.KeySpec, in.KeyUsage = types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt
				})
			},
			params: told("", ann), fails: fault.Refused, says: "make a KMS key with the alias alias/cis-alarms",
		},
		"no key, and a topic": {
			made: makes(topic), params: other, tells: topic, hear: map[string][]string{topic: {ann}, theirs: {}},
		},
	})
}
