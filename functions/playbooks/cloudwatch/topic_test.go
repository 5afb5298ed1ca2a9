package cloudwatch_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudwatch"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// The topic that is told is one that people named or that has the usual name, and somebody hears it. No topic is
// made, and no alarm for nobody.
func TestTopic(t *testing.T) {
	root := playbooktest.Root(t)
	named := func(arn string) map[string]any { return map[string]any{"topicArn": arn} }
	none := func(context.Context, *testing.T) {}
	usual := func(ctx context.Context, t *testing.T) { t.Helper(); subscribed(ctx, t, root, topic) }
	other := func(ctx context.Context, t *testing.T) { t.Helper(); subscribed(ctx, t, root, theirs) }
	for name, tc := range map[string]struct {
		made   func(context.Context, *testing.T)
		params map[string]any
		want   string // empty for a refusal
	}{
		"none":         {none, nil, ""},
		"usual":        {usual, nil, topic},
		"named":        {other, named(theirs), theirs},
		"named, wrong": {usual, named(theirs), ""},
		"nobody": {func(ctx context.Context, t *testing.T) {
			t.Helper()
			makeTopic(ctx, t, root, topic, "", "")
		}, nil, ""},
		"nobody confirmed": {func(ctx context.Context, t *testing.T) {
			t.Helper()
			makeTopic(ctx, t, root, topic, "https", "https://example.org/hook")
		}, nil, ""},
		"another Region": {usual, named("arn:aws:sns:eu-west-1:222222222222:cis-alarms"), ""},
		"that of our alarm": {func(ctx context.Context, t *testing.T) {
			t.Helper()
			subscribed(ctx, t, root, theirs)
			putAlarm(ctx, t, root, rootUsage, "elsewhere", nil)
		}, nil, theirs},
		"our alarm tells nobody": {func(ctx context.Context, t *testing.T) {
			t.Helper()
			putAlarm(ctx, t, root, rootUsage, "elsewhere", nil)
		}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			empty(t.Context(), t, root)
			record(t.Context(), t, root, "audit")
			tc.made(t.Context(), t)
			before, _ := observe(t.Context(), t, root, "").(seen)
			c, env, plan, err := planned(t, tc.params)
			if tc.want == "" {
				if fault.Of(err) != fault.Refused || !strings.Contains(fault.Cause(err), "in the parameter topicArn") {
					t.Errorf("plan: want a refusal that says what to do, got %v, changes:\n%s", err, plan)
				}
				if d := cmp.Diff(before, observe(t.Context(), t, root, "")); d != "" {
					t.Errorf("changed (-before +now):\n%s", d)
				}
				return
			}
			try(t, err)
			if plan.OneWay() {
				t.Errorf("one way:\n%s", plan)
			}
			try(t, c.Apply(t.Context(), env, plan))
			now, _ := observe(t.Context(), t, root, "").(seen)
			if d := cmp.Diff([]string{tc.want}, now.Alarms[rootUsage].Actions); d != "" {
				t.Errorf("the alarm tells (-want +got):\n%s", d)
			}
		})
	}
}

// An alarm whose topic lost its last subscriber is none any more: the control finds it failed, as Security Hub.
func TestLastSubscriberLeaves(t *testing.T) {
	root := playbooktest.Root(t)
	scene(func(ctx context.Context, t *testing.T, root aws.Config) {
		t.Helper()
		putFilter(ctx, t, root, "team", pattern)
		putAlarm(ctx, t, root, "team", "team", nil)
	})(t.Context(), t, root)
	if _, _, plan, err := planned(t, nil); err != nil || !plan.Empty() {
		t.Fatalf("plan: %v, changes:\n%s", err, plan)
	}
	_, err := sns.NewFromConfig(root).DeleteTopic(t.Context(), &sns.DeleteTopicInput{TopicArn: aws.String(theirs)})
	try(t, err)
	makeTopic(t.Context(), t, root, theirs, "", "")
	if _, _, plan, err := planned(t, nil); err != nil || plan.Empty() {
		t.Errorf("plan: %v, nothing to change", err)
	}
}

// A topic of another account that Salve may not look at counts as one nobody hears; a look at the account's own
// that is denied is an error, or a missing right would look like a missing subscriber.
func TestTopicThatMayNotBeRead(t *testing.T) {
	const foreign = "arn:aws:sns:" + playbooktest.DefaultRegion + ":333333333333:central"
	root := playbooktest.Root(t)
	scene(func(ctx context.Context, t *testing.T, root aws.Config) {
		t.Helper()
		putFilter(ctx, t, root, "team", pattern)
		putAlarm(ctx, t, root, "team", "team", func(in *cloudwatch.PutMetricAlarmInput) {
			in.AlarmActions = []string{foreign}
		})
	})(t.Context(), t, root)
	for topic, want := range map[string]fault.Class{foreign: fault.Refused, theirs: fault.Denied} {
		t.Run(topic, func(t *testing.T) {
			c := playbook.RootUsage()[0]
			env := playbooktest.Env(t, c, account)
			var err error
			env.Params, err = c.Resolve(map[string]any{"topicArn": topic})
			try(t, err)
			playbooktest.StandIn{"GetTopicAttributes": func(any) (any, error) {
				return nil, &smithy.GenericAPIError{Code: "AuthorizationError", Message: "not authorized"}
			}}.AddTo(&env.Config)
			if _, err := c.Plan(t.Context(), env); fault.Of(err) != want {
				t.Errorf("plan: want class %s, got %v", want, err)
			}
		})
	}
}
