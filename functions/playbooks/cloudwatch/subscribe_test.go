package cloudwatch_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudwatch"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
)

// hears wants the subscriptions of the account's topic.
func (a account) hears(want ...string) {
	a.Helper()
	if d := cmp.Diff(want, a.hear(topic)); d != "" {
		a.Errorf("who hears the topic (-want +got):\n%s", d)
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
			a.hears(hook + "?")
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
	for _, again := range []control.Plan{
		playbooktest.Got(c.Continue(t.Context(), env, plan))(t), playbooktest.Got(c.Plan(t.Context(), env))(t),
	} {
		playbooktest.Done(t, c.Apply(t.Context(), env, again))
	}
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
		"somebody else":    {topic + ":1", "email", "bob@example.org", 1},
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
