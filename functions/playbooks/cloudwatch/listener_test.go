package cloudwatch_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudwatch"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
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
		if a.alarm(rootUsage, "m", onOurs(rootUsage)); len(endpoints) > 0 {
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
		for name, tc := range map[string]struct {
			params map[string]any
			heard  string
			hear   []string
		}{
			"unheard":        {told("", ann), "0", []string{ann}},
			"unheard, named": {told(topic, ann), "0", []string{ann}},
			"heard":          {told("", ann), "1", []string{}},
		} {
			// The lab's would keep its own session out too.
			d := decision{params: tc.params, answers: playbooktest.StandIn{"GetTopicAttributes": func(any) (any, error) {
				return &sns.GetTopicAttributesOutput{Attributes: map[string]string{
					"SubscriptionsConfirmed": tc.heard, "Policy": policy,
				}}, nil
			}}}
			if open {
				d.tells, d.hear = topic, map[string][]string{topic: tc.hear, theirs: {}}
			} else {
				d.fails, d.says = fault.Refused, "allow sns:Publish for cloudwatch.amazonaws.com"
			}
			decide(t, silent, map[string]decision{service + ", " + name: d})
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

// Whoever deletes the topic later finds it made again by the next run, and the undo of the first still possible.
func TestTopicDeletedAfterwards(t *testing.T) {
	a := watched(t)
	c, env := run(t, told("", ann), nil)
	changes := playbooktest.Fix(t, c, env)
	a.did(a.sns.DeleteTopic(t.Context(), &sns.DeleteTopicInput{TopicArn: aws.String(topic)}))
	again := playbooktest.Got(c.Plan(t.Context(), env))(t)
	if len(again.Changes) != 2 || again.Changes[0].Path != "Subscriptions/ann@example.org to cis-alarms" ||
		again.Changes[1].Path != "Topics/cis-alarms" {
		t.Errorf("want topic and subscription made again:\n%s", again)
	}
	playbooktest.Undo(t, c, env, changes)
	if now := a.observe(); len(now.Filters)+len(now.Alarms) > 0 {
		t.Errorf("after the undo there are %v", now)
	}
}

// counting counts how often SNS is told to ask somebody, which it does then.
func (a account) counting(n *int) playbooktest.StandIn {
	return playbooktest.StandIn{"Subscribe": func(in any) (any, error) {
		*n++
		return a.sns.Subscribe(a.Context(), in.(*sns.SubscribeInput))
	}}
}

// lists plays a topic with one subscription, on the second page of a list.
func lists(id, protocol, endpoint string) playbooktest.StandIn {
	return playbooktest.StandIn{"ListSubscriptionsByTopic": func(in any) (any, error) {
		if in.(*sns.ListSubscriptionsByTopicInput).NextToken == nil {
			return &sns.ListSubscriptionsByTopicOutput{NextToken: aws.String("more")}, nil
		}
		return &sns.ListSubscriptionsByTopicOutput{Subscriptions: []types.Subscription{{
			SubscriptionArn: &id, Protocol: &protocol, Endpoint: &endpoint,
		}}}, nil
	}}
}

// A pending subscription is asked for once, however often a run comes back and whoever asked; the run has proof
// when it is confirmed, by whomever.
func TestPendingIsNotAskedTwice(t *testing.T) {
	for name, tc := range map[string]struct {
		begin func(account)
		asks  int
	}{
		"by this run": {func(account) {}, 1},
		"by somebody": {makes(topic, hook), 0},
	} {
		t.Run(name, func(t *testing.T) {
			a, asked := watched(t), 0
			tc.begin(a)
			c, env := run(t, told("", hook), a.counting(&asked))
			plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
			playbooktest.Done(t, c.Apply(t.Context(), env, plan))
			for range 2 {
				comeBack(t, c, env, plan)
			}
			if asked != tc.asks {
				t.Errorf("asked %d times, want %d", asked, tc.asks)
			}
			if d := cmp.Diff([]string{hook + "?"}, a.hear(topic)); d != "" {
				t.Errorf("who hears the topic (-want +got):\n%s", d)
			}
			lists(topic+":1", "https", hook).AddTo(&env.Config) // the lab never hears of a confirmation
			looked := playbooktest.Got(c.Verify(t.Context(), env, plan))(t)
			if len(looked.Left) > 0 || looked.Waits != "" {
				t.Errorf("confirmed, and left are %v", looked.Left)
			}
		})
	}
}

// comeBack looks at a plan that waits for hook, resumes it, and makes it anew.
func comeBack(t *testing.T, c control.Control, env control.Env, plan control.Plan) {
	t.Helper()
	looked := playbooktest.Got(c.Verify(t.Context(), env, plan))(t)
	const want = "somebody to confirm the subscription of " + hook + " to cis-alarms"
	if looked.Waits != want || looked.Within != 48*time.Hour {
		t.Errorf("waits %v for %q, want %q; left:\n%v", looked.Within, looked.Waits, want, looked.Left)
	}
	playbooktest.Done(t, c.Apply(t.Context(), env, playbooktest.Got(c.Continue(t.Context(), env, plan))(t)))
	playbooktest.Done(t, c.Apply(t.Context(), env, playbooktest.Got(c.Plan(t.Context(), env))(t)))
}

// What somebody did since the plan is not done twice: the topic is taken as it is, and the endpoint is not asked again.
// Only a subscription of the very endpoint in the very form counts, wherever in the list it stands.
func TestDoneMeanwhile(t *testing.T) {
	for name, tc := range map[string]struct {
		id, protocol, endpoint string
		asks                   int
	}{
		"pending":          {"PendingConfirmation", "email", ann, 0},
		"confirmed":        {topic + ":1", "email", ann, 0},
		"left since":       {"Deleted", "email", ann, 1},
		"somebody else":    {topic + ":1", "email", bob, 1},
		"in another form":  {topic + ":1", "email-json", ann, 1},
		"in other letters": {"PendingConfirmation", "email", "Ann@Example.org", 0},
	} {
		t.Run(name, func(t *testing.T) {
			a, asked := watched(t), 0
			c, env := run(t, told("", ann), a.counting(&asked))
			plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
			silent(a)
			playbooktest.StandIn{"CreateTopic": func(any) (any, error) { return nil, errors.New("made again") }}.
				AddTo(&env.Config)
			lists(tc.id, tc.protocol, tc.endpoint).AddTo(&env.Config)
			playbooktest.Done(t, c.Apply(t.Context(), env, plan))
			if asked != tc.asks {
				t.Errorf("asked %d times, want %d", asked, tc.asks)
			}
		})
	}
}

// Nobody can be subscribed with a secret in a URL, which plans would show, or as anything but a reader of mail or a
// secure web site. The refusal says what fits, and repeats nothing.
func TestWhoCanBeSubscribed(t *testing.T) {
	c := playbooktest.Pick(t, playbook.Alarms(), first)
	for endpoint, ok := range map[string]bool{
		"": true, ann: true, "a.b+c@x-y.example.co": true, hook: true, "https://example.org:8443/a/b;c=d&e,%20~": true,
		"https://example.org": true, "http://example.org/": false, "https://eve:secret@example.org/": false,
		"https://example.org/?secret": false, "https://example.org?secret": false, "https://example.org/a#secret": false,
		"https://example.org/a@b": false, "https://secret@example.org": false,
		"ann": false, "ann@example": false, "ann@example.org,bob@example.org": false, "ann@example.org\n": false,
		"arn:aws:sqs:us-east-1:333333333333:q": false, "https://example.org/a b": false, "+15551234": false,
	} {
		_, err := c.Resolve(map[string]any{"subscribe": endpoint})
		if (err == nil) != ok {
			t.Errorf("%q: %v", endpoint, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "want a mail address, an https URL without user, query") ||
			strings.Contains(err.Error(), "secret")) {
			t.Errorf("%q: the refusal does not help: %v", endpoint, err)
		}
	}
}
