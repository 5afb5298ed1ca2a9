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
	keeps  string              // a filter that stays as it is
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
	was := a.observe()
	before, kept := others(was), was.Filters[d.keeps]
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
	if f := now.Filters[d.keeps]; f != kept {
		a.Errorf("the filter %s was %s, and is %s", d.keeps, kept, f)
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

// A group that has as many filters as AWS takes is left for another one, or named before anything is written.
func TestGroupIsFull(t *testing.T) {
	full := func(groups ...string) playbooktest.StandIn {
		return playbooktest.StandIn{"DescribeMetricFilters": func(in any) (any, error) {
			asked, _ := in.(*cloudwatchlogs.DescribeMetricFiltersInput)
			out := &cloudwatchlogs.DescribeMetricFiltersOutput{}
			for n := range 100 {
				if slices.Contains(groups, aws.ToString(asked.LogGroupName)) {
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

// The filter goes to the group that a trail writes to, whatever other groups there are. Which trails count is
// TestLineOfTrails's to say.
//
// better: CloudWatch.1 takes the log group of a trail that covers all Regions and makes none
// better: CloudWatch.2 takes the log group of a trail that covers all Regions and makes none
// better: CloudWatch.3 takes the log group of a trail that covers all Regions and makes none
// better: CloudWatch.4 takes the log group of a trail that covers all Regions and makes none
// better: CloudWatch.5 takes the log group of a trail that covers all Regions and makes none
// better: CloudWatch.6 takes the log group of a trail that covers all Regions and makes none
// better: CloudWatch.7 takes the log group of a trail that covers all Regions and makes none
// better: CloudWatch.8 takes the log group of a trail that covers all Regions and makes none
// better: CloudWatch.9 takes the log group of a trail that covers all Regions and makes none
// better: CloudWatch.10 takes the log group of a trail that covers all Regions and makes none
// better: CloudWatch.11 takes the log group of a trail that covers all Regions and makes none
// better: CloudWatch.12 takes the log group of a trail that covers all Regions and makes none
// better: CloudWatch.13 takes the log group of a trail that covers all Regions and makes none
// better: CloudWatch.14 takes the log group of a trail that covers all Regions and makes none
func TestGroupOfTheTrail(t *testing.T) {
	decide(t, heard, map[string]decision{
		"a trail": {trail: func(a account) { a.trail("main", "other") }, group: "other", tells: topic},
		"to a group that went": {
			trail: func(a account) { a.trail("main", "deleted") }, fails: fault.Refused, says: noTrail,
		},
	})
}

// A trail that is deleted while it is read must not make the account look gone, which would resolve the finding.
func TestTrailThatGoes(t *testing.T) {
	gone := func(any) (any, error) { return nil, &trails.TrailNotFoundException{} }
	for _, call := range []string{"GetTrailStatus", "GetEventSelectors"} {
		decide(t, heard, map[string]decision{call: {
			answers: playbooktest.StandIn{call: gone}, fails: fault.Refused, says: noTrail,
		}})
	}
}

// Any alarm that tells somebody is enough; one that does not is left alone beside ours. Which alarms do is
// TestLineOfAlarms's to say.
func TestAlarmOfAnotherName(t *testing.T) {
	team := func(pattern string, changes ...func(*cloudwatch.PutMetricAlarmInput)) func(account) {
		return func(a account) { a.filter("team", pattern); a.alarm("team", "team", changes...) }
	}
	decide(t, heard, map[string]decision{
		"sound":        {made: team(spaced), enough: true},
		"another term": {made: team(`{$.userIdentity.type="Root"}`), tells: topic},
		"another filter": {tells: topic, made: func(a account) {
			a.filter("team", pattern)
			a.filter("logins", `{ $.eventName = "ConsoleLogin" }`)
			a.alarm("team", "logins")
		}},
		"tells nobody any more": {tells: topic, made: team(pattern, func(in *cloudwatch.PutMetricAlarmInput) {
			in.AlarmActions = []string{theirs + "-gone", "arn:aws:automate:us-east-1:ec2:stop"}
		})},
		"the last one left": {tells: topic, made: func(a account) {
			team(pattern)(a)
			a.did(a.sns.DeleteTopic(a.Context(), &sns.DeleteTopicInput{TopicArn: aws.String(theirs)}))
			a.topic(theirs)
		}},
	})
}

// No alarm is put on a filter that would hide events from it: ours is added beside.
func TestFilterThatHidesEvents(t *testing.T) {
	for name, change := range map[string]func(*logs.MetricTransformation){
		"by a dimension": func(m *logs.MetricTransformation) {
			m.Dimensions = map[string]string{"user": "$.userIdentity.arn"}
		},
		"counting nothing": func(m *logs.MetricTransformation) { m.MetricValue = aws.String("0") },
	} {
		t.Run(name, func(t *testing.T) {
			a := watched(t)
			heard(a)
			a.filter("team", pattern, change)
			c, env := run(t, nil, nil)
			playbooktest.Fix(t, c, env)
			if _, there := a.observe().Filters["audit:"+rootUsage]; !there {
				t.Errorf("there is no filter but theirs: %v", a.observe())
			}
		})
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

// What has our name and is about something else is somebody's: it is named, with what a person can do, and stays as it
// is. A group where the name is free takes the filter; what is on our own metric is ours to put right.
func TestOurNameIsSomebodyElses(t *testing.T) {
	elsewhere := func(m *logs.MetricTransformation) { m.MetricNamespace = aws.String("Theirs") }
	other := func(m *logs.MetricTransformation) { m.MetricName = aws.String("Visits") }
	on := func(namespace, metric string) func(*cloudwatch.PutMetricAlarmInput) {
		return func(in *cloudwatch.PutMetricAlarmInput) { in.Namespace, in.MetricName = &namespace, &metric }
	}
	two := func(a account) {
		a.trail("main", "audit")
		a.trail("second", "other")
	}
	const theirs = `{ $.eventName = "ConsoleLogin" }`
	decide(t, heard, map[string]decision{
		"a filter on another namespace": {
			made: func(a account) { a.filter(rootUsage, theirs, elsewhere) }, fails: fault.Refused,
			says: "the metric filter RootUsage of the log group audit counts in RootUsage of Theirs",
		},
		"a filter on another metric": {
			made: func(a account) { a.filter(rootUsage, theirs, other) }, fails: fault.Refused,
			says: "make it anew under another name",
		},
		"our pattern on another metric, counting nothing": {
			made: func(a account) {
				a.filter(rootUsage, pattern, other, func(m *logs.MetricTransformation) { m.MetricValue = aws.String("0") })
			}, fails: fault.Refused, says: "counts in Visits of",
		},
		"a filter, and another group": {
			trail: two, made: func(a account) { a.filter(rootUsage, theirs, other) }, tells: topic, keeps: "audit:" + rootUsage,
		},
		"an alarm on another metric": {
			made: func(a account) { a.alarm(rootUsage, "m", on("Shop", "Orders")) }, fails: fault.Refused,
			says: "the alarm RootUsage watches Orders of Shop",
		},
		"an alarm on another namespace": {
			made: func(a account) { a.alarm(rootUsage, "m", on("Shop", rootUsage)) }, fails: fault.Refused,
			says: "watches RootUsage of Shop",
		},
		"an alarm on ours, which goes off too late": {
			made: func(a account) {
				a.filter(rootUsage, theirs, inOurs)
				a.alarm(rootUsage, "m", onOurs(rootUsage),
					func(in *cloudwatch.PutMetricAlarmInput) { in.Threshold, in.AlarmActions = aws.Float64(50), nil })
			}, tells: topic,
		},
		"an alarm on ours, beside a filter of the team": {
			made: func(a account) {
				a.filter("team", pattern, other)
				a.alarm(rootUsage, "m", onOurs(rootUsage),
					func(in *cloudwatch.PutMetricAlarmInput) { in.AlarmActions = nil })
			}, tells: topic,
		},
	})
}

// TestUndoWithoutItsTrail: an undo takes away filter and alarm also where no trail writes to their group any more.
func TestUndoWithoutItsTrail(t *testing.T) {
	main := aws.String("main")
	for name, since := range map[string]func(account){
		"off":     func(a account) { a.did(a.trails.StopLogging(a.Context(), &cloudtrail.StopLoggingInput{Name: main})) },
		"deleted": func(a account) { a.did(a.trails.DeleteTrail(a.Context(), &cloudtrail.DeleteTrailInput{Name: main})) },
		"to another group": func(a account) {
			a.did(a.trails.DeleteTrail(a.Context(), &cloudtrail.DeleteTrailInput{Name: main}))
			a.trail("main", "other")
		},
		"another one too": func(a account) {
			a.did(a.trails.DeleteTrail(a.Context(), &cloudtrail.DeleteTrailInput{Name: main}))
			a.trail("second", "other")
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := watched(t)
			heard(a)
			before := a.observe()
			c, env := run(t, nil, nil)
			changes := playbooktest.Fix(t, c, env)
			since(a)
			undo := playbooktest.Got(c.PlanUndo(t.Context(), env, changes))(t)
			playbooktest.Done(t, c.Apply(t.Context(), env, undo))
			if diff := cmp.Diff(before, a.observe()); diff != "" {
				t.Errorf("(-before +now):\n%s", diff)
			}
		})
	}
}
