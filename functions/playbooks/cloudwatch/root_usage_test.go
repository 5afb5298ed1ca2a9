package cloudwatch_test

import (
	"context"
	"maps"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trails "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudwatch"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const rootUsage = "RootUsage"

// scene makes an account in which one trail writes to the group "audit" and people hear both topics, and adds
// what it is given.
func scene(add func(context.Context, *testing.T, aws.Config)) func(context.Context, *testing.T, aws.Config) string {
	return func(ctx context.Context, t *testing.T, root aws.Config) string {
		t.Helper()
		empty(ctx, t, root)
		record(ctx, t, root, "audit")
		subscribed(ctx, t, root, topic)
		subscribed(ctx, t, root, theirs)
		if add != nil {
			add(ctx, t, root)
		}
		return account
	}
}

// whole is the suite of an account that starts so, with actions that no case of it calls.
func whole(seed func(context.Context, *testing.T, aws.Config) string, unseen map[string]string) playbooktest.Suite {
	return playbooktest.Suite{
		Control: playbook.RootUsage()[0], Seed: seed, Observe: observe,
		Disturb: func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
			t.Helper()
			putAlarm(ctx, t, root, rootUsage, "elsewhere", func(in *cloudwatch.PutMetricAlarmInput) {
				in.Threshold, in.Period = aws.Float64(7), aws.Int32(3600)
			})
		},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
			t.Helper()
			putFilter(ctx, t, root, "logins", `{ $.eventName = "ConsoleLogin" }`)
			putAlarm(ctx, t, root, "logins", "logins", nil)
		},
		Unseen: unseen,
	}
}

func TestRootUsage(t *testing.T) {
	for name, start := range map[string]struct {
		add    func(context.Context, *testing.T, aws.Config)
		unseen map[string]string
	}{
		"nothing": {nil, nil},
		"a filter without an alarm": {
			func(ctx context.Context, t *testing.T, root aws.Config) {
				t.Helper()
				putFilter(ctx, t, root, "seen-by-nobody", pattern)
			},
			map[string]string{
				"logs:PutMetricFilter": "there is a filter", "logs:DeleteMetricFilter": "the filter is not ours",
			},
		},
		"ours, changed": {
			func(ctx context.Context, t *testing.T, root aws.Config) {
				t.Helper()
				putFilter(ctx, t, root, rootUsage, `{ $.userIdentity.type = "Root" }`)
				putAlarm(ctx, t, root, rootUsage, "elsewhere", func(in *cloudwatch.PutMetricAlarmInput) {
					in.AlarmActions, in.OKActions, in.ActionsEnabled = nil, []string{theirs}, aws.Bool(false)
				})
			},
			map[string]string{
				"cloudwatch:DeleteAlarms": "there was an alarm", "logs:DeleteMetricFilter": "there was a filter",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			unseen := map[string]string{
				"sns:CreateTopic": "there is a topic", "sns:ListSubscriptionsByTopic": "nobody is to be subscribed",
				"sns:Subscribe": "nobody is to be subscribed",
			}
			maps.Copy(unseen, start.unseen)
			s := whole(scene(start.add), unseen)
			s.Skip = map[string]string{
				playbooktest.CaseGone:   "an account that reports findings is there",
				playbooktest.CaseNarrow: "an account is one resource; TestNarrow names alarm and topic",
			}
			playbooktest.Run(t, s)
		})
	}
}

// planned is what the control would do in the account as it is.
func planned(t *testing.T, params map[string]any) (control.Control, control.Env, control.Plan, error) {
	t.Helper()
	c := playbook.RootUsage()[0]
	env := playbooktest.Env(t, c, account)
	var err error
	env.Params, err = c.Resolve(params)
	try(t, err)
	plan, err := c.Plan(t.Context(), env)
	return c, env, plan, err
}

// recorded is what is done to the trail "main" after it was made.
type recorded func(context.Context, *cloudtrail.Client) error

func stopped(ctx context.Context, client *cloudtrail.Client) error {
	_, err := client.StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: aws.String("main")})
	return err
}

func ofOneRegion(ctx context.Context, client *cloudtrail.Client) error {
	_, err := client.UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
		Name: aws.String("main"), IsMultiRegionTrail: aws.Bool(false),
	})
	return err
}

// basic makes the trail record with a selector of the first generation.
func basic(management bool, of trails.ReadWriteType) recorded {
	return func(ctx context.Context, client *cloudtrail.Client) error {
		_, err := client.PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{
			TrailName:      aws.String("main"),
			EventSelectors: []trails.EventSelector{{IncludeManagementEvents: &management, ReadWriteType: of}},
		})
		return err
	}
}

// advanced makes the trail record management events that have the fields.
func advanced(fields ...trails.AdvancedFieldSelector) recorded {
	return func(ctx context.Context, client *cloudtrail.Client) error {
		_, err := client.PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{
			TrailName: aws.String("main"),
			AdvancedEventSelectors: []trails.AdvancedEventSelector{{FieldSelectors: append(fields,
				trails.AdvancedFieldSelector{Field: aws.String("eventCategory"), Equals: []string{"Management"}})}},
		})
		return err
	}
}

// The filter goes to the group that a trail writes to, whatever other groups there are; only a trail of all
// Regions that is on and records all management events makes a group worth it.
func TestGroupOfTheTrail(t *testing.T) {
	const refused = ""
	service, kms := aws.String("eventSource"), []string{"kms.amazonaws.com"}
	only := trails.AdvancedFieldSelector{Field: service, Equals: kms}
	without := trails.AdvancedFieldSelector{Field: service, NotEquals: kms}
	writes := trails.AdvancedFieldSelector{Field: aws.String("readOnly"), Equals: []string{"false"}}
	root := playbooktest.Root(t)
	for name, tc := range map[string]struct {
		group string
		made  recorded
		want  string
	}{
		"a trail":              {"other", nil, "other"},
		"stopped":              {"other", stopped, refused},
		"of one Region":        {"other", ofOneRegion, refused},
		"to a group that went": {"deleted", nil, refused},
		"all events":           {"other", basic(true, trails.ReadWriteTypeAll), "other"},
		"writes only":          {"other", basic(true, trails.ReadWriteTypeWriteOnly), refused},
		"data only":            {"other", basic(false, trails.ReadWriteTypeAll), refused},
		"management":           {"other", advanced(), "other"},
		"without chatter":      {"other", advanced(without), "other"},
		"of one service":       {"other", advanced(only), refused},
		"management writes":    {"other", advanced(writes), refused},
	} {
		t.Run(name, func(t *testing.T) {
			empty(t.Context(), t, root)
			record(t.Context(), t, root, tc.group)
			subscribed(t.Context(), t, root, topic)
			if tc.made != nil {
				try(t, tc.made(t.Context(), cloudtrail.NewFromConfig(root)))
			}
			c, env, plan, err := planned(t, nil)
			if tc.want == refused {
				if fault.Of(err) != fault.Refused {
					t.Errorf("plan: want a refusal, got %v, changes:\n%s", err, plan)
				}
				return
			}
			try(t, err)
			try(t, c.Apply(t.Context(), env, plan))
			if n := len(filters(t.Context(), t, root, tc.want)); n != 1 {
				t.Errorf("%d filters in group %s", n, tc.want)
			}
		})
	}
}

// An organization's trail, and one whose home is elsewhere, write to groups that this account's session in this
// Region cannot reach.
func TestGroupElsewhere(t *testing.T) {
	for name, group := range map[string]string{
		"other account": "arn:aws:logs:us-east-1:111111111111:log-group:audit:*",
		"other Region":  "arn:aws:logs:eu-west-1:222222222222:log-group:audit:*",
		"none":          "",
	} {
		t.Run(name, func(t *testing.T) {
			c := playbook.RootUsage()[0]
			env := playbooktest.Env(t, c, account)
			playbooktest.StandIn{"DescribeTrails": func(any) (any, error) {
				return &cloudtrail.DescribeTrailsOutput{TrailList: []trails.Trail{{
					Name: aws.String("main"), IsMultiRegionTrail: aws.Bool(true), CloudWatchLogsLogGroupArn: &group,
				}}}, nil
			}}.AddTo(&env.Config)
			if _, err := c.Plan(t.Context(), env); fault.Of(err) != fault.Refused {
				t.Errorf("plan: want a refusal, got %v", err)
			}
		})
	}
}

// A trail that is deleted while it is read must not make the account look gone, which would resolve the finding.
func TestTrailDeletedMeanwhile(t *testing.T) {
	root := playbooktest.Root(t)
	scene(nil)(t.Context(), t, root)
	for _, operation := range []string{"GetTrailStatus", "GetEventSelectors"} {
		t.Run(operation, func(t *testing.T) {
			c := playbook.RootUsage()[0]
			env := playbooktest.Env(t, c, account)
			playbooktest.StandIn{operation: func(any) (any, error) {
				return nil, &trails.TrailNotFoundException{}
			}}.AddTo(&env.Config)
			if _, err := c.Plan(t.Context(), env); fault.Of(err) != fault.Refused {
				t.Errorf("plan: want a refusal, got %v", err)
			}
		})
	}
}

// Any alarm that goes off on one event and tells somebody is enough; one that does not is left alone beside ours.
func TestAlarmOfAnotherName(t *testing.T) {
	const dense = `{$.userIdentity.type="Root"&&$.userIdentity.invokedBy NOT EXISTS&&$.eventType!="AwsServiceEvent"}`
	tests := map[string]struct {
		pattern string
		change  func(*cloudwatch.PutMetricAlarmInput)
		enough  bool
	}{
		"sound":        {pattern, nil, true},
		"spaces":       {dense, nil, true},
		"another term": {`{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS}`, nil, false},
		"above zero":   {pattern, above(0), true},
		"above one":    {pattern, above(1), false},
		"tells nobody": {pattern, func(in *cloudwatch.PutMetricAlarmInput) { in.AlarmActions = nil }, false},
		"tells nobody any more": {pattern, func(in *cloudwatch.PutMetricAlarmInput) {
			in.AlarmActions = []string{theirs + "-gone", "arn:aws:automate:us-east-1:ec2:stop"}
		}, false},
		"off":             {pattern, func(in *cloudwatch.PutMetricAlarmInput) { in.ActionsEnabled = aws.Bool(false) }, false},
		"on five events":  {pattern, func(in *cloudwatch.PutMetricAlarmInput) { in.Threshold = aws.Float64(5) }, false},
		"after two times": {pattern, func(in *cloudwatch.PutMetricAlarmInput) { in.EvaluationPeriods = aws.Int32(2) }, false},
		"another metric":  {pattern, func(in *cloudwatch.PutMetricAlarmInput) { in.MetricName = aws.String("else") }, false},
	}
	root := playbooktest.Root(t)
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			scene(nil)(t.Context(), t, root)
			putFilter(t.Context(), t, root, "team", tc.pattern)
			putAlarm(t.Context(), t, root, "team", "team", tc.change)
			before, _ := observe(t.Context(), t, root, "").(seen)
			c, env, plan, err := planned(t, nil)
			try(t, err)
			if plan.Empty() != tc.enough {
				t.Fatalf("nothing to do: %v, want %v; plan:\n%s", plan.Empty(), tc.enough, plan)
			}
			try(t, c.Apply(t.Context(), env, plan))
			after, _ := observe(t.Context(), t, root, "").(seen)
			if d := cmp.Diff(before.Alarms["team"], after.Alarms["team"]); d != "" {
				t.Errorf("the team's alarm was changed (-before +now):\n%s", d)
			}
		})
	}
}

func above(threshold float64) func(*cloudwatch.PutMetricAlarmInput) {
	return func(in *cloudwatch.PutMetricAlarmInput) {
		in.ComparisonOperator, in.Threshold = "GreaterThanThreshold", &threshold
	}
}

// What has our name and could not be put back is nobody's to replace.
func TestOurNameIsTaken(t *testing.T) {
	root := playbooktest.Root(t)
	for name, take := range map[string]func(*testing.T){
		"alarm": func(t *testing.T) {
			t.Helper()
			putAlarm(t.Context(), t, root, rootUsage, "m", func(in *cloudwatch.PutMetricAlarmInput) { in.Unit = "Count" })
		},
		"filter": func(t *testing.T) {
			t.Helper()
			_, err := cloudwatchlogs.NewFromConfig(root).PutMetricFilter(t.Context(), &cloudwatchlogs.PutMetricFilterInput{
				LogGroupName: aws.String("audit"), FilterName: aws.String(rootUsage), FilterPattern: aws.String(pattern),
				MetricTransformations: []logs.MetricTransformation{{
					MetricNamespace: aws.String("a"), MetricName: aws.String("b"), MetricValue: aws.String("1"),
					Dimensions: map[string]string{"user": "$.userIdentity.arn"},
				}},
			})
			try(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			scene(nil)(t.Context(), t, root)
			take(t)
			if _, _, plan, err := planned(t, nil); fault.Of(err) != fault.Refused {
				t.Errorf("plan: want a refusal, got %v, changes:\n%s", err, plan)
			}
		})
	}
}

// A run's session reaches our alarm and no other, which the lab cannot show: it does not derive which alarm a
// call is about. Which topic it does; TestSubscribesToNoOtherTopic.
func TestNarrow(t *testing.T) {
	env := playbooktest.Env(t, playbook.RootUsage()[0], account)
	want := []string{"arn:aws:cloudwatch:" + place + ":alarm:" + rootUsage, topic}
	got, err := playbook.RootUsage()[0].Limits(env.Target, nil)
	try(t, err)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// How a plan reads, once.
func TestPlanText(t *testing.T) {
	scene(nil)(t.Context(), t, playbooktest.Root(t))
	_, _, plan, err := planned(t, nil)
	try(t, err)
	want := `  + Alarms.RootUsage {"Actions":{"` + topic + `":true},"Comparison":"GreaterThanOrEqualToThreshold",` +
		`"Enabled":true,"Metric":"RootUsage","Missing":"notBreaching","Namespace":"CISBenchmark","Period":300,` +
		`"Periods":1,"Statistic":"Sum","Threshold":1}
  + Filters.audit:RootUsage {"Metric":"RootUsage","Namespace":"CISBenchmark",` +
		`"Pattern":"{$.userIdentity.type=\"Root\" && $.userIdentity.invokedBy NOT EXISTS && ` +
		`$.eventType !=\"AwsServiceEvent\"}","Value":"1"}
`
	if d := cmp.Diff(want, plan.String()); d != "" {
		t.Errorf("plan (-want +got):\n%s", d)
	}
}
