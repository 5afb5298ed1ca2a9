package cloudwatch_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const (
	ann  = "ann@example.org"
	hook = "https://example.invalid/hook" // never confirms
)

// unheard makes an account with a trail and whatever topics it is given.
func unheard(topics func(context.Context, *testing.T, aws.Config)) func(
	context.Context, *testing.T, aws.Config,
) string {
	return func(ctx context.Context, t *testing.T, root aws.Config) string {
		t.Helper()
		empty(ctx, t, root)
		record(ctx, t, root, "audit")
		if topics != nil {
			topics(ctx, t, root)
		}
		return account
	}
}

// deaf makes the account's topic, which nobody hears.
func deaf(ctx context.Context, t *testing.T, root aws.Config) {
	t.Helper()
	makeTopic(ctx, t, root, topic, "", "")
}

// listeners are the subscriptions of a topic, "endpoint" or "endpoint?" for one that is not confirmed; nil means
// that there is no such topic.
func listeners(ctx context.Context, t *testing.T, root aws.Config, arn string) []string {
	t.Helper()
	out, err := sns.NewFromConfig(root).ListSubscriptionsByTopic(ctx, &sns.ListSubscriptionsByTopicInput{TopicArn: &arn})
	if fault.Of(err) == fault.Gone {
		return nil
	}
	try(t, err)
	found := []string{}
	for _, s := range out.Subscriptions {
		name := aws.ToString(s.Endpoint)
		if !strings.HasPrefix(aws.ToString(s.SubscriptionArn), "arn:") {
			name += "?"
		}
		found = append(found, name)
	}
	slices.Sort(found)
	return found
}

// Whoever is named is subscribed to the account's topic, which is made where there is none. Undo takes filter and
// alarm away and leaves both: the suite compares the former, the last look here is for the latter.
func TestSubscribe(t *testing.T) {
	for name, start := range map[string]struct {
		topics func(context.Context, *testing.T, aws.Config)
		unseen map[string]string
	}{
		"no topic":       {nil, nil},
		"a silent topic": {deaf, map[string]string{"sns:CreateTopic": "there is a topic"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := playbooktest.Root(t)
			s := whole(unheard(start.topics), start.unseen)
			s.Skip = map[string]string{
				playbooktest.CaseGone:   "an account that reports findings is there",
				playbooktest.CaseNarrow: "an account is one resource; TestNarrow names alarm and topic",
			}
			s.Params = control.Params{"topicArn": "", "subscribe": ann}
			playbooktest.Run(t, s)

			unheard(start.topics)(t.Context(), t, root)
			c, env, plan, err := planned(t, s.Params)
			try(t, err)
			try(t, c.Apply(t.Context(), env, plan))
			back, err := c.PlanUndo(t.Context(), env, plan.Changes)
			try(t, err)
			try(t, c.Apply(t.Context(), env, back))
			if d := cmp.Diff([]string{ann}, listeners(t.Context(), t, root, topic)); d != "" {
				t.Errorf("after the undo (-want +got):\n%s", d)
			}
			if now, _ := observe(t.Context(), t, root, "").(seen); len(now.Filters)+len(now.Alarms) > 0 {
				t.Errorf("after the undo there are %v", now)
			}
		})
	}
}

// Additions need no approval, and the plan says what undo leaves.
func TestPlanOfASubscription(t *testing.T) {
	unheard(nil)(t.Context(), t, playbooktest.Root(t))
	_, _, plan, err := planned(t, map[string]any{"subscribe": ann})
	try(t, err)
	if plan.OneWay() {
		t.Errorf("the plan asks for approval:\n%s", plan)
	}
	for _, line := range []string{
		"+ Topics.cis-alarms (undo leaves it: others may use it by then)",
		"+ Subscriptions.ann@example.org to cis-alarms (undo leaves it: it ends with the link in each mail, or the " +
			"UnsubscribeURL in each https message)",
	} {
		if !strings.Contains(plan.String(), line) {
			t.Errorf("want a line %q in\n%s", line, plan)
		}
	}
	if len(plan.Changes) != 4 {
		t.Errorf("want topic, subscription, filter and alarm:\n%s", plan)
	}
}

// A pending subscription is asked for once, however often a run comes back and whoever asked; the run has proof
// when it is confirmed, by whomever.
func TestPendingIsNotAskedTwice(t *testing.T) {
	root := playbooktest.Root(t)
	for name, before := range map[string]func(context.Context, *testing.T, aws.Config){
		"by this run": nil,
		"by somebody": func(ctx context.Context, t *testing.T, root aws.Config) {
			t.Helper()
			makeTopic(ctx, t, root, topic, "https", hook)
		},
	} {
		t.Run(name, func(t *testing.T) {
			unheard(before)(t.Context(), t, root)
			asked := 0
			c, env, _, err := planned(t, map[string]any{"subscribe": hook})
			try(t, err)
			counting(t, &env.Config, "Subscribe", &asked)
			plan, err := c.Plan(t.Context(), env)
			try(t, err)
			try(t, c.Apply(t.Context(), env, plan))
			for range 2 {
				comeBack(t, c, env, plan)
			}
			if want := map[bool]int{true: 1}[before == nil]; asked != want {
				t.Errorf("asked %d times, want %d", asked, want)
			}
			if d := cmp.Diff([]string{hook + "?"}, listeners(t.Context(), t, root, topic)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			confirmed(&env.Config, hook)
			looked, err := c.Verify(t.Context(), env, plan)
			if err != nil || len(looked.Left) > 0 || looked.Waits != "" {
				t.Errorf("confirmed, and left are %v (%v)", looked.Left, err)
			}
		})
	}
}

// comeBack looks at a plan that waits for hook, resumes it, and makes it anew.
func comeBack(t *testing.T, c control.Control, env control.Env, plan control.Plan) {
	t.Helper()
	looked, err := c.Verify(t.Context(), env, plan)
	try(t, err)
	const want = "somebody to confirm the subscription of " + hook + " to cis-alarms"
	if looked.Waits != want || looked.Within != 48*time.Hour {
		t.Errorf("waits %v for %q, want %q; left:\n%v", looked.Within, looked.Waits, want, looked.Left)
	}
	again, err := c.Continue(t.Context(), env, plan)
	try(t, err)
	try(t, c.Apply(t.Context(), env, again))
	fresh, err := c.Plan(t.Context(), env)
	try(t, err)
	try(t, c.Apply(t.Context(), env, fresh))
}

// counting counts the calls of an operation that reach AWS.
func counting(t *testing.T, cfg *aws.Config, operation string, n *int) {
	t.Helper()
	root := playbooktest.Root(t)
	playbooktest.StandIn{operation: func(in any) (any, error) {
		*n++
		ask, ok := in.(*sns.SubscribeInput)
		if !ok {
			return nil, fmt.Errorf("%s of %T", operation, in)
		}
		return sns.NewFromConfig(root).Subscribe(context.Background(), ask)
	}}.AddTo(cfg)
}

// confirmed plays an SNS that has heard of the endpoint's reader; the lab's never does.
func confirmed(cfg *aws.Config, endpoint string) {
	playbooktest.StandIn{
		"GetTopicAttributes": func(any) (any, error) {
			return &sns.GetTopicAttributesOutput{Attributes: map[string]string{"SubscriptionsConfirmed": "1"}}, nil
		},
		"ListSubscriptionsByTopic": func(in any) (any, error) {
			if ask, ok := in.(*sns.ListSubscriptionsByTopicInput); ok && ask.NextToken == nil {
				return &sns.ListSubscriptionsByTopicOutput{NextToken: aws.String("more")}, nil
			}
			return &sns.ListSubscriptionsByTopicOutput{Subscriptions: []types.Subscription{{
				SubscriptionArn: aws.String(topic + ":1"), Protocol: aws.String("https"), Endpoint: &endpoint,
			}}}, nil
		},
	}.AddTo(cfg)
}

// Only a subscription of the very endpoint in the very form counts as asked for, wherever in the list it stands.
func TestWhoWasAskedAlready(t *testing.T) {
	root := playbooktest.Root(t)
	for name, tc := range map[string]struct {
		id, protocol, endpoint string
		asked                  int
	}{
		"pending":          {"PendingConfirmation", "email", ann, 0},
		"confirmed":        {topic + ":1", "email", ann, 0},
		"left since":       {"Deleted", "email", ann, 1},
		"somebody else":    {topic + ":1", "email", "bob@example.org", 1},
		"in another form":  {topic + ":1", "email-json", ann, 1},
		"in other letters": {"PendingConfirmation", "email", "Ann@Example.org", 0},
	} {
		t.Run(name, func(t *testing.T) {
			unheard(deaf)(t.Context(), t, root)
			c, env, plan, err := planned(t, map[string]any{"subscribe": ann})
			try(t, err)
			asked := 0
			counting(t, &env.Config, "Subscribe", &asked)
			playbooktest.StandIn{"ListSubscriptionsByTopic": func(in any) (any, error) {
				if ask, ok := in.(*sns.ListSubscriptionsByTopicInput); ok && ask.NextToken == nil {
					return &sns.ListSubscriptionsByTopicOutput{NextToken: aws.String("more")}, nil
				}
				return &sns.ListSubscriptionsByTopicOutput{Subscriptions: []types.Subscription{{
					SubscriptionArn: &tc.id, Protocol: &tc.protocol, Endpoint: &tc.endpoint,
				}}}, nil
			}}.AddTo(&env.Config)
			try(t, c.Apply(t.Context(), env, plan))
			if asked != tc.asked {
				t.Errorf("asked %d times, want %d", asked, tc.asked)
			}
		})
	}
}

// A topic that somebody made since the plan is taken as it is.
func TestTopicMadeMeanwhile(t *testing.T) {
	root := playbooktest.Root(t)
	unheard(nil)(t.Context(), t, root)
	c, env, plan, err := planned(t, map[string]any{"subscribe": ann})
	try(t, err)
	deaf(t.Context(), t, root)
	made := 0
	playbooktest.StandIn{"CreateTopic": func(any) (any, error) {
		made++
		return &sns.CreateTopicOutput{}, nil
	}}.AddTo(&env.Config)
	try(t, c.Apply(t.Context(), env, plan))
	if d := cmp.Diff([]string{ann}, listeners(t.Context(), t, root, topic)); d != "" || made > 0 {
		t.Errorf("made %d times; (-want +got):\n%s", made, d)
	}
}

// Whoever deletes the topic later finds it made again by the next run, and the undo of the first still possible.
func TestTopicDeletedAfterwards(t *testing.T) {
	root := playbooktest.Root(t)
	unheard(nil)(t.Context(), t, root)
	c, env, plan, err := planned(t, map[string]any{"subscribe": ann})
	try(t, err)
	try(t, c.Apply(t.Context(), env, plan))
	_, err = sns.NewFromConfig(root).DeleteTopic(t.Context(), &sns.DeleteTopicInput{TopicArn: aws.String(topic)})
	try(t, err)
	again, err := c.Plan(t.Context(), env)
	try(t, err)
	paths := []string{}
	for _, change := range again.Changes {
		paths = append(paths, change.Path)
	}
	if d := cmp.Diff([]string{"Subscriptions/ann@example.org to cis-alarms", "Topics/cis-alarms"}, paths); d != "" {
		t.Errorf("changes (-want +got):\n%s", d)
	}
	back, err := c.PlanUndo(t.Context(), env, plan.Changes)
	try(t, err)
	try(t, c.Apply(t.Context(), env, back))
	if now, _ := observe(t.Context(), t, root, "").(seen); len(now.Filters)+len(now.Alarms) > 0 {
		t.Errorf("after the undo there are %v", now)
	}
}
