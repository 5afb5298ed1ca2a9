package cloudwatch_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const (
	ann  = "ann@example.org"
	bob  = "bob@example.org"
	hook = "https://example.invalid/hook" // never confirms
)

// told are parameters: the topic that is named, and who is to be subscribed.
func told(topic, subscribe string) map[string]any {
	return map[string]any{"topicArn": topic, "subscribe": subscribe}
}

func makes(arn string, endpoints ...string) func(account) {
	return func(a account) { a.topic(arn, endpoints...) }
}

// ours makes the alarm of the control, which tells a topic that somebody hears, or nobody.
func ours(endpoints ...string) func(account) {
	return func(a account) {
		if a.alarm(rootUsage, "elsewhere"); len(endpoints) > 0 {
			a.topic(theirs, endpoints...)
		}
	}
}

// The topic that is told is one that people named or that has the usual name, and somebody hears it. No topic is
// made, and no alarm for nobody. Where somebody hears already, nobody is subscribed; who is subscribed stays so.
func TestTopic(t *testing.T) {
	decide(t, nil, map[string]decision{
		"usual":                      {made: makes(topic, bob), tells: topic},
		"named":                      {made: makes(theirs, bob), params: told(theirs, ""), tells: theirs},
		"that of our alarm":          {made: ours(bob), tells: theirs},
		"usual, for ann":             {made: makes(topic, bob), params: told("", ann), tells: topic},
		"named, for ann":             {made: makes(theirs, bob), params: told(theirs, ann), tells: theirs},
		"that of our alarm, for ann": {made: ours(bob), params: told("", ann), tells: theirs},
		"somebody is asked, for ann": {
			made: makes(topic, hook), params: told("", ann), tells: topic,
			hear: map[string][]string{topic: {ann, hook + "?"}, theirs: {}},
		},
	})
	for name, d := range map[string]decision{
		"none":                   {},
		"nobody":                 {made: makes(topic)},
		"nobody confirmed":       {made: makes(topic, hook)},
		"our alarm tells nobody": {made: ours()},
		"named, wrong":           {made: makes(topic, bob), params: told(theirs, "")},
		"another Region":         {made: makes(topic, bob), params: told(topicIn("eu-west-1:222222222222"), "")},
	} {
		d.fails, d.says = fault.Refused, "in the parameter topicArn"
		decide(t, nil, map[string]decision{name: d})
	}
}

func topicIn(place string) string { return "arn:aws:sns:" + place + ":cis-alarms" }

// A topic that is not the account's own is told when it is heard, and never subscribed to. The session has the right
// for one topic only, whatever the control would do.
func TestSubscribesToNoOtherTopic(t *testing.T) {
	for name, arn := range map[string]string{
		"another name":    theirs,
		"another Region":  topicIn("eu-west-1:" + playbooktest.DefaultAccount),
		"another account": topicIn(playbooktest.DefaultRegion + ":333333333333"),
	} {
		decide(t, makes(theirs), map[string]decision{name: {
			params: told(arn, ann), fails: fault.Refused, says: "leave the parameter topicArn empty",
		}})
	}
	_, env := run(t, nil, nil)
	client, ctx, name := sns.NewFromConfig(env.Config), t.Context(), aws.String(theirs)
	_, subscribe := client.Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: name, Protocol: aws.String("email"), Endpoint: aws.String("eve@example.org"),
	})
	_, list := client.ListSubscriptionsByTopic(ctx, &sns.ListSubscriptionsByTopicInput{TopicArn: name})
	_, create := client.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("other")})
	for _, err := range []error{subscribe, list, create} {
		playbooktest.Fails(t, err, fault.Denied)
	}
}

// The topic's policy decides whether an alarm may tell it. Salve never writes one: it says what is missing. Which
// statements are about alarms is internal/policydoc's to say.
func TestShutTopic(t *testing.T) {
	for service, open := range map[string]bool{"cloudwatch.amazonaws.com": true, "events.amazonaws.com": false} {
		policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":%q},`+
			`"Action":"sns:Publish","Resource":"*"}]}`, service)
		// The lab's would keep its own session out too.
		answers := playbooktest.StandIn{"GetTopicAttributes": func(any) (any, error) {
			return &sns.GetTopicAttributesOutput{Attributes: map[string]string{"Policy": policy}}, nil
		}}
		for name, params := range map[string]map[string]any{"": told("", ann), ", named": told(topic, ann)} {
			d := decision{params: params, answers: answers, fails: fault.Refused, says: "allow sns:Publish for cloudwatch"}
			if open {
				d = decision{
					params: params, answers: answers, tells: topic, hear: map[string][]string{topic: {ann}, theirs: {}},
				}
			}
			decide(t, silent, map[string]decision{service + name: d})
		}
	}
}

// A topic of another account that Salve may not look at counts as one nobody hears; a look at the account's own
// that is denied is an error, or a missing right would look like a missing subscriber.
func TestTopicThatMayNotBeRead(t *testing.T) {
	const foreign = "arn:aws:sns:" + playbooktest.DefaultRegion + ":333333333333:central"
	answers := playbooktest.StandIn{"GetTopicAttributes": func(any) (any, error) {
		return nil, &smithy.GenericAPIError{Code: "AuthorizationError", Message: "not authorized"}
	}}
	decide(t, func(a account) {
		heard(a)
		a.filter("team", pattern)
		a.alarm("team", "team", func(in *cloudwatch.PutMetricAlarmInput) { in.AlarmActions = []string{foreign} })
	}, map[string]decision{
		"of another account": {params: told(foreign, ""), answers: answers, fails: fault.Refused},
		"of the account":     {params: told(theirs, ""), answers: answers, fails: fault.Denied},
	})
}

// A topic that goes away under the look is no account that is gone, which would resolve the finding.
func TestTopicGoesMeanwhile(t *testing.T) {
	watched(t).topic(topic)
	for class, answer := range map[fault.Class]error{
		fault.None: &types.NotFoundException{}, fault.Unknown: errors.New("broken"),
	} {
		c, env := run(t, told("", ann), playbooktest.StandIn{
			"ListSubscriptionsByTopic": func(any) (any, error) { return nil, answer },
		})
		_, err := c.Plan(t.Context(), env)
		playbooktest.Fails(t, err, class)
	}
}
