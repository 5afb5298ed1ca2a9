package cloudwatch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trails "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudwatch"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// decision is an account, and what the first control of the family makes of it: the plan fails, or there is enough
// already, or the alarm tells a topic of what a filter on a group counts.
type decision struct {
	trail   func(a account) // nil is one that writes to the group "audit"
	made    func(a account) // what is there besides
	params  map[string]any
	answers playbooktest.StandIn // of what the lab cannot do

	fails  fault.Class
	says   string
	enough bool
	tells  string
	group  string              // empty is any
	hear   map[string][]string // by topic; nil is whoever did before
}

// run is the first control of the family, and what a run of it works with.
func run(t *testing.T, params map[string]any, answers playbooktest.StandIn) (control.Control, control.Env) {
	t.Helper()
	c := playbooktest.Pick(t, playbook.Alarms(), first)
	return c, playbooktest.Env(t, c, accountID, playbooktest.With(params), answers)
}

// decide tries decisions, each in an account of its own, where is made what all of them share.
func decide(t *testing.T, shared func(account), cases map[string]decision) {
	t.Helper()
	for name, d := range cases {
		t.Run(name, func(t *testing.T) {
			a := empty(t)
			if d.trail == nil {
				d.trail = func(a account) { a.trail("main", "audit") }
			}
			for _, do := range []func(account){d.trail, shared, d.made} {
				if do != nil {
					do(a)
				}
			}
			d.holds(a)
		})
	}
}

func (d decision) holds(a account) {
	a.Helper()
	hear := func() map[string][]string { return map[string][]string{topic: a.hear(topic), theirs: a.hear(theirs)} }
	others := func(s seen) map[string]string { delete(s.Alarms, rootUsage); return s.Alarms }
	c, env := run(a.T, d.params, d.answers)
	before := others(a.observe())
	if d.hear == nil {
		d.hear = hear()
	}
	plan, err := c.Plan(a.Context(), env)
	if d.fails != fault.None {
		playbooktest.Fails(a.T, err, d.fails, d.says)
		return
	}
	playbooktest.Done(a.T, err)
	if plan.Empty() != d.enough || plan.OneWay() {
		a.Fatalf("want enough %v and no loss, got the plan:\n%s", d.enough, plan)
	}
	playbooktest.Done(a.T, c.Apply(a.Context(), env, plan))
	now := a.observe()
	if !d.enough && !strings.Contains(now.Alarms[rootUsage], `"AlarmActions":["`+d.tells+`"]`) {
		a.Errorf("want an alarm that tells %s, got %s", d.tells, now.Alarms[rootUsage])
	}
	for key := range now.Filters {
		if !strings.HasPrefix(key, d.group) {
			a.Errorf("the filter is %s, want it in group %s", key, d.group)
		}
	}
	if diff := cmp.Diff(before, others(now)); diff != "" {
		a.Errorf("alarms of others were changed (-before +now):\n%s", diff)
	}
	if diff := cmp.Diff(d.hear, hear()); diff != "" {
		a.Errorf("subscriptions (-want +got):\n%s", diff)
	}
}

// The filter goes to the group that a trail writes to, whatever other groups there are; only a trail of all Regions
// that is on and records all management events makes a group worth it.
func TestGroupOfTheTrail(t *testing.T) {
	main, kms := aws.String("main"), []string{"kms.amazonaws.com"}
	selecting := func(in cloudtrail.PutEventSelectorsInput) func(account) {
		return func(a account) {
			a.trail("main", "other")
			in.TrailName = main
			a.did(a.trails.PutEventSelectors(a.Context(), &in))
		}
	}
	basic := func(management bool, of trails.ReadWriteType) func(account) {
		return selecting(cloudtrail.PutEventSelectorsInput{EventSelectors: []trails.EventSelector{
			{IncludeManagementEvents: &management, ReadWriteType: of},
		}})
	}
	advanced := func(field string, equals, without []string) func(account) {
		return selecting(cloudtrail.PutEventSelectorsInput{AdvancedEventSelectors: []trails.AdvancedEventSelector{{
			FieldSelectors: []trails.AdvancedFieldSelector{
				{Field: &field, Equals: equals, NotEquals: without},
				{Field: aws.String("eventCategory"), Equals: []string{"Management"}},
			},
		}}})
	}
	cases := map[string]decision{}
	for name, trail := range map[string]func(account){
		"a trail":         func(a account) { a.trail("main", "other") },
		"all events":      basic(true, trails.ReadWriteTypeAll),
		"management":      advanced("eventCategory", []string{"Management"}, nil),
		"without chatter": advanced("eventSource", nil, kms),
	} {
		cases[name] = decision{trail: trail, group: "other", tells: topic}
	}
	for name, trail := range map[string]func(account){
		"writes only":          basic(true, trails.ReadWriteTypeWriteOnly),
		"data only":            basic(false, trails.ReadWriteTypeAll),
		"of one service":       advanced("eventSource", kms, nil),
		"management writes":    advanced("readOnly", []string{"false"}, nil),
		"to a group that went": func(a account) { a.trail("main", "deleted") },
		"stopped": func(a account) {
			a.trail("main", "other")
			a.did(a.trails.StopLogging(a.Context(), &cloudtrail.StopLoggingInput{Name: main}))
		},
		"of one Region": func(a account) {
			a.trail("main", "other")
			a.did(a.trails.UpdateTrail(a.Context(), &cloudtrail.UpdateTrailInput{
				Name: main, IsMultiRegionTrail: aws.Bool(false),
			}))
		},
	} {
		cases[name] = decision{trail: trail, fails: fault.Refused, says: noTrail}
	}
	decide(t, heard, cases)
}

// A group that has as many filters as AWS takes is left for another one, or named before anything is written.
func TestGroupIsFull(t *testing.T) {
	full := func(groups ...string) playbooktest.StandIn {
		return playbooktest.StandIn{"DescribeMetricFilters": func(in any) (any, error) {
			asked, _ := in.(*cloudwatchlogs.DescribeMetricFiltersInput)
			out := &cloudwatchlogs.DescribeMetricFiltersOutput{}
			for n := range 100 {
				if slices.Contains(groups, *asked.LogGroupName) {
					out.MetricFilters = append(out.MetricFilters, logs.MetricFilter{FilterName: aws.String(fmt.Sprint("f", n))})
				}
			}
			return out, nil
		}}
	}
	two := func(a account) {
		a.trail("main", "audit")
		a.trail("second", "other")
	}
	decide(t, heard, map[string]decision{
		"one of two": {trail: two, answers: full("audit"), group: "other", tells: topic},
		"both": {
			trail: two, answers: full("audit", "other"), fails: fault.Refused,
			says: "from the log group audit or other, then try again: it has 100",
		},
	})
}

const noTrail = "set up a trail of all Regions"

// An organization's trail, and one whose home is elsewhere, write to groups that this account's session in this Region
// cannot reach. A trail that is deleted while it is read must not make the account look gone, which would resolve the
// finding.
func TestTrailOutOfReach(t *testing.T) {
	to := func(group string) playbooktest.StandIn {
		trail := trails.Trail{IsMultiRegionTrail: aws.Bool(true), CloudWatchLogsLogGroupArn: &group}
		return playbooktest.StandIn{"DescribeTrails": func(any) (any, error) {
			return &cloudtrail.DescribeTrailsOutput{TrailList: []trails.Trail{trail}}, nil
		}}
	}
	gone := func(any) (any, error) { return nil, &trails.TrailNotFoundException{} }
	for name, answers := range map[string]playbooktest.StandIn{
		"of another account": to("arn:aws:logs:us-east-1:111111111111:log-group:audit:*"),
		"of another Region":  to("arn:aws:logs:eu-west-1:222222222222:log-group:audit:*"),
		"without a group":    to(""),
		"without a status":   {"GetTrailStatus": gone},
		"without selectors":  {"GetEventSelectors": gone},
	} {
		decide(t, heard, map[string]decision{name: {answers: answers, fails: fault.Refused, says: noTrail}})
	}
}

// Any alarm that goes off on one event and tells somebody is enough; one that does not is left alone beside ours.
func TestAlarmOfAnotherName(t *testing.T) {
	team := func(pattern string, changes ...func(*cloudwatch.PutMetricAlarmInput)) func(account) {
		return func(a account) { a.filter("team", pattern); a.alarm("team", "team", changes...) }
	}
	type alarm = cloudwatch.PutMetricAlarmInput
	for name, made := range map[string]func(account){
		"sound":      team(pattern),
		"dense":      team(strings.NewReplacer(" !", "!", " && ", "&&").Replace(pattern)),
		"spaced":     team(spaced),
		"above zero": team(pattern, above(0)),
	} {
		decide(t, heard, map[string]decision{name: {made: made, enough: true}})
	}
	for name, made := range map[string]func(account){
		"another term":    team(`{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS}`),
		"above one":       team(pattern, above(1)),
		"tells nobody":    team(pattern, func(in *alarm) { in.AlarmActions = nil }),
		"off":             team(pattern, func(in *alarm) { in.ActionsEnabled = aws.Bool(false) }),
		"on five events":  team(pattern, func(in *alarm) { in.Threshold = aws.Float64(5) }),
		"after two times": team(pattern, func(in *alarm) { in.EvaluationPeriods = aws.Int32(2) }),
		"another metric":  team(pattern, func(in *alarm) { in.MetricName = aws.String("else") }),
		"another filter": func(a account) {
			a.filter("team", pattern)
			a.filter(rootUsage, `{ $.eventName = "ConsoleLogin" }`)
			a.alarm("team", rootUsage)
		},
		"tells nobody any more": team(pattern, func(in *alarm) {
			in.AlarmActions = []string{theirs + "-gone", "arn:aws:automate:us-east-1:ec2:stop"}
		}),
		"the last one left": func(a account) {
			team(pattern)(a)
			a.did(a.sns.DeleteTopic(a.Context(), &sns.DeleteTopicInput{TopicArn: aws.String(theirs)}))
			a.topic(theirs)
		},
	} {
		decide(t, heard, map[string]decision{name: {made: made, tells: topic}})
	}
}

func above(threshold float64) func(*cloudwatch.PutMetricAlarmInput) {
	return func(in *cloudwatch.PutMetricAlarmInput) {
		in.ComparisonOperator, in.Threshold = "GreaterThanThreshold", &threshold
	}
}

// What has our name and could not be put back is nobody's to replace.
func TestOurNameIsTaken(t *testing.T) {
	for name, made := range map[string]func(account){
		"alarm": func(a account) {
			a.alarm(rootUsage, "m", func(in *cloudwatch.PutMetricAlarmInput) { in.Unit = "Count" })
		},
		"filter": func(a account) {
			a.filter(rootUsage, pattern, func(m *logs.MetricTransformation) {
				m.Dimensions = map[string]string{"user": "$.userIdentity.arn"}
			})
		},
	} {
		decide(t, heard, map[string]decision{name: {made: made, fails: fault.Refused, says: "another name"}})
	}
}
