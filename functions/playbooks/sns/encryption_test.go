package sns_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	playbook "github.com/salve-security/salve/functions/playbooks/sns"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const (
	prefix = "arn:aws:sns:" + playbooktest.DefaultRegion + ":" + playbooktest.DefaultAccount + ":"
	alias  = "alias/sns-topics"
)

// document is a policy with statements.
func document(statements ...string) *string {
	return aws.String(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`)
}

// lets is a statement for somebody.
func lets(who, actions string) string {
	return `{"Effect":"Allow","Principal":` + who + `,"Action":[` + actions + `],"Resource":"*"}`
}

const useKey, ofEvents = `"kms:GenerateDataKey*","kms:Decrypt"`, `{"Service":"events.amazonaws.com"}`

// plain is a topic without a key to which rules of EventBridge publish, beside a key that they may use.
func plain(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	client := kms.NewFromConfig(root)
	_, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(alias)})
	if fault.Of(err) == fault.Gone {
		key := playbooktest.Got(client.CreateKey(ctx, &kms.CreateKeyInput{Policy: document(
			lets(`{"AWS":"arn:aws:iam::222222222222:root"}`, `"kms:*"`), lets(ofEvents, useKey),
		)}))(t)
		_, err = client.CreateAlias(ctx, &kms.CreateAliasInput{
			AliasName: aws.String(alias), TargetKeyId: key.KeyMetadata.KeyId,
		})
	}
	playbooktest.Done(t, err)
	return *playbooktest.Got(sns.NewFromConfig(root).CreateTopic(ctx, &sns.CreateTopicInput{
		Name: aws.String(rand.Text()), Attributes: map[string]string{"Policy": *document(lets(ofEvents, `"sns:Publish"`))},
	}))(t).TopicArn
}

func set(name, value string) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		playbooktest.Got(sns.NewFromConfig(root).SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{
			TopicArn: &resource, AttributeName: &name, AttributeValue: &value,
		}))(t)
	}
}

func TestEncryption(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.Encryption()[0], Seed: plain, Foreign: []string{prefix + "a:subscription", prefix + "*"},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			t.Helper()
			out := playbooktest.Got(sns.NewFromConfig(root).GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{
				TopicArn: &resource,
			}))(t)
			return []string{out.Attributes["KmsMasterKeyId"], out.Attributes["DisplayName"], out.Attributes["Policy"]}
		},
		Disturb: set("KmsMasterKeyId", "alias/theirs"), Unrelated: set("DisplayName", "Jobs"),
		DisturbFact: set("Policy", *document(lets(`{"Service":"s3.amazonaws.com"}`, `"sns:Publish"`))),
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			playbooktest.Got(sns.NewFromConfig(root).DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: &resource}))(t)
		},
	})
}

// keyed is a topic with a key, or none, and a policy.
func keyed(key string, policy *string) *sns.GetTopicAttributesOutput {
	return &sns.GetTopicAttributesOutput{Attributes: map[string]string{
		"KmsMasterKeyId": key, "Policy": aws.ToString(policy),
	}}
}

// answering answers with a topic, the key that it is to get, and alarms.
func answering(
	topic *sns.GetTopicAttributesOutput, key *string, alarms *cloudwatch.DescribeAlarmsOutput,
) playbooktest.StandIn {
	return playbooktest.Answers(topic, alarms, &kms.GetKeyPolicyOutput{Policy: key},
		&kms.DescribeKeyOutput{KeyMetadata: &kmstypes.KeyMetadata{
			Arn: aws.String("arn:aws:kms:us-east-1:222222222222:key/1"), Enabled: key != nil,
		}})
}

// metricOf are the alarms on a metric that tell the topic.
func metricOf(topic string) *cloudwatch.DescribeAlarmsOutput {
	return &cloudwatch.DescribeAlarmsOutput{MetricAlarms: []cloudwatchtypes.MetricAlarm{{AlarmActions: []string{topic}}}}
}

// cut is a topic of whose publishers the key would cut one off.
func cut(word string, policy, key *string, alarms *cloudwatch.DescribeAlarmsOutput) playbooktest.Shape {
	return playbooktest.Shape{
		Answers: answering(keyed("", policy), key, alarms), Class: fault.Refused, Words: []string{word},
	}
}

// A topic with any key passes. Whom the key would cut off is found before the topic is touched.
//
// better: SNS.1 looks whether publishers may use the key first
func TestLineOfEncryption(t *testing.T) {
	const theirs = `{"AWS":"arn:aws:iam::333333333333:role/a"}`
	quiet, mine := &cloudwatch.DescribeAlarmsOutput{}, document(lets(`{"AWS":"222222222222"}`, `"kms:*"`))
	metric, others := metricOf(prefix+"jobs"), metricOf(prefix+"jobs-2")
	composite := &cloudwatch.DescribeAlarmsOutput{
		CompositeAlarms: []cloudwatchtypes.CompositeAlarm{{OKActions: []string{prefix + "jobs"}}},
	}
	none := answering(keyed("", nil), mine, quiet)
	none["DescribeKey"] = func(any) (any, error) { return nil, &kmstypes.NotFoundException{} }
	owner := `{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:Publish"],"Resource":"*","Condition":` +
		`{"StringEquals":{"AWS:SourceOwner":"222222222222"}}}`
	bucket := strings.Replace(owner, `"StringEquals":{"AWS:SourceOwner":"222222222222"}`,
		`"ArnLike":{"aws:SourceArn":"arn:aws:s3:*:*:b"}`, 1)
	fails := func(policy, key *string) playbooktest.Shape {
		return playbooktest.Shape{Answers: answering(keyed("", policy), key, quiet), Fails: true}
	}
	publish := func(who string) *string { return document(owner, lets(who, `"sns:Publish"`)) }
	mayUse := strings.Replace(owner, `"SNS:Publish"`, useKey, 1)
	whose := func(statement, key, value string) *string {
		return document(strings.Replace(statement, `"AWS:SourceOwner":"222222222222"`, `"`+key+`":"`+value+`"`, 1))
	}
	organization := whose(owner, "aws:PrincipalOrgID", "o-1234567890")
	asymmetric := answering(keyed("", nil), mine, quiet)
	asymmetric["DescribeKey"] = playbooktest.Answers(&kms.DescribeKeyOutput{KeyMetadata: &kmstypes.KeyMetadata{
		Arn: aws.String("arn:aws:kms:us-east-1:222222222222:key/1"), Enabled: true, KeySpec: kmstypes.KeySpecRsa2048,
	}})["DescribeKey"]
	playbooktest.Judged(t, playbook.Encryption()[0], prefix+"jobs", map[string]playbooktest.Shape{
		"a key's ARN":              {Answers: answering(keyed("arn:aws:kms:us-east-1:333333333333:key/1", nil), nil, quiet)},
		"AWS's key":                {Answers: answering(keyed("alias/aws/sns", publish(ofEvents)), nil, quiet)},
		"no key":                   fails(nil, mine),
		"the owner's":              fails(document(owner), mine),
		"reads":                    fails(document(lets(ofEvents, `"sns:GetTopicAttributes"`)), mine),
		"a service":                fails(publish(ofEvents), document(lets(ofEvents, useKey))),
		"an account":               fails(publish(theirs), document(lets(`{"AWS":"333333333333"}`, useKey))),
		"who acts for the account": fails(whose(owner, "aws:SourceAccount", "222222222222"), mine),
		"roles of the account":     fails(whose(owner, "aws:PrincipalArn", "arn:aws:iam::222222222222:role/jobs"), mine),
		"an organization":          fails(organization, whose(mayUse, "aws:PrincipalOrgID", "o-1234567890")),
		"anybody":                  fails(publish(`"*"`), document(lets(`{"AWS":"*"}`, useKey))),
		"other alarms":             {Answers: answering(keyed("", nil), mine, others), Fails: true},

		"no such key":     {Answers: none, Class: fault.Refused, Words: []string{"make a KMS key"}},
		"key that is off": cut("make a KMS key", nil, nil, quiet),
		"service cut off": cut("let events.amazonaws.com", publish(ofEvents), mine, quiet),
		"half a right": cut("let events", publish(ofEvents),
			document(lets(ofEvents, `"kms:GenerateDataKey"`)), quiet),
		"account cut off":      cut("account 333333333333", publish(theirs), mine, quiet),
		"organization cut off": cut("everybody else", organization, mine, quiet),
		"organization without AWS's key": cut("everybody else", organization,
			whose(mayUse, "kms:CallerAccount", "222222222222"), quiet),
		"account without AWS's key": cut("account 333333333333", publish(theirs),
			whose(mayUse, "kms:CallerAccount", "222222222222"), quiet),
		"anybody cut off":     cut("everybody else", publish(`"*"`), mine, quiet),
		"asymmetric key":      {Answers: asymmetric, Class: fault.Refused, Words: []string{"make a KMS key"}},
		"bucket cut off":      cut("let s3.amazonaws.com", document(bucket), mine, quiet),
		"alarms cut off":      cut("let cloudwatch.amazonaws.com", document(owner), mine, metric),
		"composite alarms":    cut("let cloudwatch.amazonaws.com", document(owner), mine, composite),
		"key nobody can tell": cut("let events", publish(ofEvents), aws.String("{"), quiet),
	})
}
