package cloudwatch_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudwatch"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// The topic's policy decides whether an alarm may tell it. Salve never writes one: it says what is missing.
func TestShutTopic(t *testing.T) {
	const statement = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":%s,"Action":%s,"Resource":"*"}]}`
	root := playbooktest.Root(t)
	for name, tc := range map[string]struct {
		principal, action string
		shut              bool
	}{
		"everybody":       {`"*"`, `"sns:Publish"`, false},
		"every principal": {`{"AWS":"*"}`, `["SNS:Subscribe","SNS:Publish"]`, false},
		"CloudWatch":      {`{"Service":["events.amazonaws.com","cloudwatch.amazonaws.com"]}`, `"sns:*"`, false},
		"the account":     {`{"AWS":"arn:aws:iam::222222222222:root"}`, `"sns:Pub*"`, false},
		"events only":     {`{"Service":"events.amazonaws.com"}`, `"sns:Publish"`, true},
		"one role":        {`{"AWS":["arn:aws:iam::222222222222:role/publisher"]}`, `"sns:Publish"`, true},
		"no publishing":   {`{"AWS":"*"}`, `"sns:Subscribe"`, true},
	} {
		t.Run(name, func(t *testing.T) {
			unheard(deaf)(t.Context(), t, root)
			policy := fmt.Sprintf(statement, tc.principal, tc.action)
			_, err := sns.NewFromConfig(root).SetTopicAttributes(t.Context(), &sns.SetTopicAttributesInput{
				TopicArn: aws.String(topic), AttributeName: aws.String("Policy"), AttributeValue: &policy,
			})
			try(t, err)
			c := playbook.RootUsage()[0]
			env := playbooktest.Env(t, c, account)
			withPolicy(&env.Config, policy)
			for _, params := range []control.Params{{"subscribe": ann}, {"subscribe": ann, "topicArn": topic}} {
				env.Params = params
				plan, err := c.Plan(t.Context(), env)
				if refused := fault.Of(err) == fault.Refused; refused != tc.shut {
					t.Errorf("refused %v, want %v: %v, changes:\n%s", refused, tc.shut, err, plan)
				}
				if tc.shut && !strings.Contains(fault.Cause(err), "Allow sns:Publish for cloudwatch.amazonaws.com") {
					t.Errorf("the refusal does not say what to do: %v", err)
				}
			}
		})
	}
}

// withPolicy answers for the topic, whose policy may keep even the lab's own session out.
func withPolicy(cfg *aws.Config, policy string) {
	playbooktest.StandIn{"GetTopicAttributes": func(any) (any, error) {
		return &sns.GetTopicAttributesOutput{Attributes: map[string]string{
			"SubscriptionsConfirmed": "0", "Policy": policy,
		}}, nil
	}}.AddTo(cfg)
}
