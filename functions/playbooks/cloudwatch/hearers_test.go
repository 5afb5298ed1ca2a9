package cloudwatch_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudwatch"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// Where somebody hears already, nobody is subscribed; who is subscribed elsewhere stays so.
func TestWhoHearsAlreadyIsEnough(t *testing.T) {
	root := playbooktest.Root(t)
	for name, tc := range map[string]struct {
		topics func(context.Context, *testing.T)
		named  string
		told   string
	}{
		"the account's topic": {func(ctx context.Context, t *testing.T) {
			t.Helper()
			makeTopic(ctx, t, root, topic, "email", "bob@example.org")
		}, "", topic},
		"the named topic": {func(ctx context.Context, t *testing.T) {
			t.Helper()
			makeTopic(ctx, t, root, theirs, "email", "bob@example.org")
		}, theirs, theirs},
		"the topic of our alarm": {func(ctx context.Context, t *testing.T) {
			t.Helper()
			makeTopic(ctx, t, root, theirs, "email", "bob@example.org")
			putAlarm(ctx, t, root, rootUsage, "elsewhere", nil)
		}, "", theirs},
	} {
		t.Run(name, func(t *testing.T) {
			unheard(nil)(t.Context(), t, root)
			tc.topics(t.Context(), t)
			before := both(t, root)
			c, env, plan, err := planned(t, map[string]any{"subscribe": ann, "topicArn": tc.named})
			try(t, err)
			try(t, c.Apply(t.Context(), env, plan))
			if d := cmp.Diff(before, both(t, root)); d != "" {
				t.Errorf("subscriptions (-before +now):\n%s", d)
			}
			now, _ := observe(t.Context(), t, root, "").(seen)
			if d := cmp.Diff([]string{tc.told}, now.Alarms[rootUsage].Actions); d != "" {
				t.Errorf("the alarm tells (-want +got):\n%s", d)
			}
		})
	}
}

func both(t *testing.T, root aws.Config) map[string][]string {
	t.Helper()
	return map[string][]string{
		topic: listeners(t.Context(), t, root, topic), theirs: listeners(t.Context(), t, root, theirs),
	}
}

// A second subscriber joins the silent one, whose question is still open.
func TestSomebodyElseIsPending(t *testing.T) {
	root := playbooktest.Root(t)
	unheard(func(ctx context.Context, t *testing.T, root aws.Config) {
		t.Helper()
		makeTopic(ctx, t, root, topic, "https", hook)
	})(t.Context(), t, root)
	c, env, plan, err := planned(t, map[string]any{"subscribe": ann})
	try(t, err)
	try(t, c.Apply(t.Context(), env, plan))
	if d := cmp.Diff([]string{ann, hook + "?"}, listeners(t.Context(), t, root, topic)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A topic that is not the account's own is told when it is heard, and never subscribed to.
func TestSubscribesToNoOtherTopic(t *testing.T) {
	root := playbooktest.Root(t)
	unheard(func(ctx context.Context, t *testing.T, root aws.Config) {
		t.Helper()
		makeTopic(ctx, t, root, theirs, "", "")
	})(t.Context(), t, root)
	for name, named := range map[string]string{
		"another name":    theirs,
		"another Region":  "arn:aws:sns:eu-west-1:" + playbooktest.DefaultAccount + ":cis-alarms",
		"another account": "arn:aws:sns:" + playbooktest.DefaultRegion + ":333333333333:cis-alarms",
	} {
		t.Run(name, func(t *testing.T) {
			_, _, plan, err := planned(t, map[string]any{"subscribe": ann, "topicArn": named})
			if fault.Of(err) != fault.Refused || !strings.Contains(fault.Cause(err), "Leave the parameter topicArn empty") {
				t.Errorf("plan: want a refusal that says what to do, got %v, changes:\n%s", err, plan)
			}
		})
	}
	// The session has the right for one topic only, whatever the control would do.
	client := sns.NewFromConfig(playbooktest.Env(t, playbook.RootUsage()[0], account).Config)
	_, err := client.Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: aws.String(theirs), Protocol: aws.String("email"), Endpoint: aws.String("eve@example.org"),
	})
	if fault.Of(err) != fault.Denied {
		t.Errorf("subscribe to another topic: want it denied, got %v", err)
	}
	_, err = client.ListSubscriptionsByTopic(t.Context(), &sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(theirs)})
	if fault.Of(err) != fault.Denied {
		t.Errorf("list who hears another topic: want it denied, got %v", err)
	}
	_, err = client.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("other")})
	if fault.Of(err) != fault.Denied {
		t.Errorf("make another topic: want it denied, got %v", err)
	}
}

// A topic that goes away under the look is no account that is gone, which would resolve the finding.
func TestTopicGoesMeanwhile(t *testing.T) {
	root := playbooktest.Root(t)
	unheard(deaf)(t.Context(), t, root)
	c := playbook.RootUsage()[0]
	env := playbooktest.Env(t, c, account)
	env.Params = control.Params{"subscribe": ann}
	playbooktest.StandIn{"ListSubscriptionsByTopic": func(any) (any, error) {
		return nil, &types.NotFoundException{}
	}}.AddTo(&env.Config)
	if _, err := c.Plan(t.Context(), env); err != nil {
		t.Errorf("plan: %v", err)
	}
	broken := errors.New("broken")
	env = playbooktest.Env(t, c, account)
	env.Params = control.Params{"subscribe": ann}
	playbooktest.StandIn{"ListSubscriptionsByTopic": func(any) (any, error) { return nil, broken }}.AddTo(&env.Config)
	if _, err := c.Plan(t.Context(), env); !errors.Is(err, broken) {
		t.Errorf("plan: want the error, got %v", err)
	}
}

// Nobody can be subscribed with a secret in a URL, which plans would show, or as anything but a reader of mail or a
// secure web site. The refusal says what fits, and repeats nothing.
func TestWhoCanBeSubscribed(t *testing.T) {
	c := playbook.RootUsage()[0]
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
