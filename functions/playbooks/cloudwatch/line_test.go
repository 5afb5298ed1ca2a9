package cloudwatch_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trails "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	alarms "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudwatch"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// picture is what AWS answers about an account: sound as watchful makes it.
type picture struct {
	trails    []trails.Trail
	off       bool // no trail logs
	selectors cloudtrail.GetEventSelectorsOutput
	filters   []logs.MetricFilter
	alarms    []alarms.MetricAlarm
	confirmed map[string]string // by topic; one that is not there is none
	denied    string            // a topic nobody may look at
}

const (
	central = "arn:aws:sns:" + playbooktest.DefaultRegion + ":333333333333:central"
	stop    = "arn:aws:automate:us-east-1:ec2:stop"
)

// watchful is an account in which a control with the pattern passes.
func watchful(pattern string) *picture {
	return &picture{
		trails: []trails.Trail{{
			TrailARN: aws.String("arn:aws:cloudtrail:" + place + ":trail/main"), IsMultiRegionTrail: aws.Bool(true),
			CloudWatchLogsLogGroupArn: aws.String("arn:aws:logs:" + place + ":log-group:audit:*"),
		}},
		selectors: cloudtrail.GetEventSelectorsOutput{EventSelectors: []trails.EventSelector{
			{IncludeManagementEvents: aws.Bool(true), ReadWriteType: trails.ReadWriteTypeAll},
		}},
		filters: []logs.MetricFilter{metricFilter("team", pattern)},
		alarms:  []alarms.MetricAlarm{metricAlarm("team", "team")},
		// Somebody hears both, so that a plan that is wanted can be made.
		confirmed: map[string]string{topic: "1", theirs: "1"},
	}
}

func metricFilter(name, pattern string) logs.MetricFilter {
	return logs.MetricFilter{
		FilterName: &name, FilterPattern: &pattern, MetricTransformations: []logs.MetricTransformation{{
			MetricNamespace: aws.String("Suite"), MetricName: &name, MetricValue: aws.String("1"),
		}},
	}
}

func metricAlarm(name, metric string) alarms.MetricAlarm {
	return alarms.MetricAlarm{
		AlarmName: &name, Namespace: aws.String("Suite"), MetricName: &metric, Statistic: "Sum", Period: aws.Int32(300),
		EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1), ComparisonOperator: "GreaterThanOrEqualToThreshold",
		ActionsEnabled: aws.Bool(true), AlarmActions: []string{theirs},
	}
}

func (p *picture) answers() playbooktest.StandIn {
	status := &cloudtrail.GetTrailStatusOutput{IsLogging: aws.Bool(!p.off)}
	all := playbooktest.Answers(&cloudtrail.DescribeTrailsOutput{TrailList: p.trails}, status, &p.selectors,
		&cloudwatchlogs.DescribeMetricFiltersOutput{MetricFilters: p.filters})
	all["DescribeAlarmsForMetric"] = func(in any) (any, error) {
		asked, out := in.(*cloudwatch.DescribeAlarmsForMetricInput), &cloudwatch.DescribeAlarmsForMetricOutput{}
		for _, a := range p.alarms {
			if aws.ToString(a.MetricName) == *asked.MetricName && aws.ToString(a.Namespace) == *asked.Namespace &&
				len(a.Dimensions) == 0 {
				out.MetricAlarms = append(out.MetricAlarms, a)
			}
		}
		return out, nil
	}
	all["DescribeAlarms"] = func(in any) (any, error) {
		names, out := strings.Join(in.(*cloudwatch.DescribeAlarmsInput).AlarmNames, "\n"), &cloudwatch.DescribeAlarmsOutput{}
		for _, a := range p.alarms {
			if strings.Contains(names, *a.AlarmName) {
				out.MetricAlarms = append(out.MetricAlarms, a)
			}
		}
		return out, nil
	}
	all["GetTopicAttributes"] = func(in any) (any, error) {
		arn := *in.(*sns.GetTopicAttributesInput).TopicArn
		if arn == p.denied {
			return nil, &smithy.GenericAPIError{Code: "AuthorizationError", Message: "not authorized"}
		}
		n, there := p.confirmed[arn]
		if !there {
			return nil, &types.NotFoundException{}
		}
		return &sns.GetTopicAttributesOutput{Attributes: map[string]string{"SubscriptionsConfirmed": n}}, nil
	}
	return all
}

type (
	// change makes another picture.
	change  = func(p *picture)
	aFilter = logs.MetricFilter
	anAlarm = alarms.MetricAlarm
)

func toTrail(change func(*trails.Trail)) change { return func(p *picture) { change(&p.trails[0]) } }

func toFilter(change func(*aFilter)) change {
	return func(p *picture) { change(&p.filters[0]) }
}

func toAlarm(change func(*anAlarm)) change {
	return func(p *picture) { change(&p.alarms[0]) }
}

func selector(s trails.EventSelector) change {
	return func(p *picture) { p.selectors.EventSelectors = []trails.EventSelector{s} }
}

func advanced(all ...trails.AdvancedEventSelector) change {
	return func(p *picture) {
		p.selectors = cloudtrail.GetEventSelectorsOutput{AdvancedEventSelectors: all}
	}
}

// management is a selector of management events and of what else it says about a field.
func management(fields ...trails.AdvancedFieldSelector) trails.AdvancedEventSelector {
	return trails.AdvancedEventSelector{FieldSelectors: append(fields, trails.AdvancedFieldSelector{
		Field: aws.String("eventCategory"), Equals: []string{"Management"},
	})}
}

func dataEvents() trails.AdvancedEventSelector {
	return trails.AdvancedEventSelector{FieldSelectors: []trails.AdvancedFieldSelector{
		{Field: aws.String("eventCategory"), Equals: []string{"Data"}},
		{Field: aws.String("resources.type"), Equals: []string{"AWS::S3::Object"}},
	}}
}

// The trail is one of all Regions, the account's own and at home here, on, with all management events. CIS minds
// reads, writes and nothing else of a selector; AWS minds events of KMS in CloudWatch.7 alone.
func TestLineOfTrails(t *testing.T) {
	source := func(equals, not []string) trails.AdvancedFieldSelector {
		return trails.AdvancedFieldSelector{Field: aws.String("eventSource"), Equals: equals, NotEquals: not}
	}
	only := func(value string) trails.AdvancedFieldSelector {
		return trails.AdvancedFieldSelector{Field: aws.String("readOnly"), Equals: []string{value}}
	}
	iam := []string{"iam.amazonaws.com"}
	all := trails.ReadWriteTypeAll
	judge(t, map[string]change{
		"no selectors":                 func(p *picture) { p.selectors = cloudtrail.GetEventSelectorsOutput{} },
		"a selector that says nothing": selector(trails.EventSelector{}),
		"with data events": selector(trails.EventSelector{ReadWriteType: all, DataResources: []trails.DataResource{{
			Type: aws.String("AWS::S3::Object"), Values: []string{"arn:aws:s3"},
		}}}),
		"the second selector": func(p *picture) {
			p.selectors.EventSelectors = append([]trails.EventSelector{{ReadWriteType: trails.ReadWriteTypeReadOnly}},
				p.selectors.EventSelectors...)
		},
		"newer selector":            advanced(management()),
		"newer selectors":           advanced(dataEvents(), management()),
		"newer, without RDS's data": advanced(management(source(nil, []string{"rdsdata.amazonaws.com"}))),
		"organization's, own":       toTrail(func(t *trails.Trail) { t.IsOrganizationTrail = aws.Bool(true) }),
		"without global events":     toTrail(func(t *trails.Trail) { t.IncludeGlobalServiceEvents = aws.Bool(false) }),
		"without validation":        toTrail(func(t *trails.Trail) { t.LogFileValidationEnabled = aws.Bool(false) }),
		"group without its star": toTrail(func(t *trails.Trail) {
			t.CloudWatchLogsLogGroupArn = aws.String("arn:aws:logs:" + place + ":log-group:audit")
		}),
		"another trail elsewhere":  func(p *picture) { p.trails = append(p.trails, trails.Trail{}) },
		"two trails, first is out": func(p *picture) { p.trails = append([]trails.Trail{{}}, p.trails...) },
	}, playbooktest.Shape{})
	judge(t, map[string]change{
		"none":                  func(p *picture) { p.trails = nil },
		"off":                   func(p *picture) { p.off = true },
		"of one Region":         toTrail(func(t *trails.Trail) { t.IsMultiRegionTrail = aws.Bool(false) }),
		"silent on its Regions": toTrail(func(t *trails.Trail) { t.IsMultiRegionTrail = nil }),
		"no group":              toTrail(func(t *trails.Trail) { t.CloudWatchLogsLogGroupArn = nil }),
		"group in another Region": toTrail(func(t *trails.Trail) {
			t.CloudWatchLogsLogGroupArn = aws.String("arn:aws:logs:eu-west-1:222222222222:log-group:audit:*")
		}),
		"another account's, group here": toTrail(func(t *trails.Trail) {
			t.IsOrganizationTrail = aws.Bool(true)
			t.TrailARN = aws.String("arn:aws:cloudtrail:us-east-1:111111111111:trail/main")
		}),
		"another Region's, group here": toTrail(func(t *trails.Trail) {
			t.TrailARN = aws.String("arn:aws:cloudtrail:eu-west-1:222222222222:trail/main")
		}),
		"reads":                 selector(trails.EventSelector{ReadWriteType: trails.ReadWriteTypeReadOnly}),
		"writes":                selector(trails.EventSelector{ReadWriteType: trails.ReadWriteTypeWriteOnly}),
		"data events alone":     selector(trails.EventSelector{ReadWriteType: all, IncludeManagementEvents: aws.Bool(false)}),
		"newer, data alone":     advanced(dataEvents()),
		"newer, reads":          advanced(management(only("true"))),
		"newer, writes":         advanced(management(only("false"))),
		"newer, of one service": advanced(management(source(iam, nil))),
		"newer, without IAM":    advanced(management(source(nil, iam))),
		"newer, without some": advanced(management(trails.AdvancedFieldSelector{
			Field: aws.String("eventSource"), NotEndsWith: []string{".amazonaws.com"},
		})),
	}, playbooktest.Shape{Class: fault.Refused, Words: []string{noTrail}})
}

// A trail may leave out what happens to keys, but for the control about keys.
func TestLineOfKeys(t *testing.T) {
	kms := []string{"kms.amazonaws.com"}
	source := func(not ...string) trails.AdvancedFieldSelector {
		return trails.AdvancedFieldSelector{Field: aws.String("eventSource"), NotEquals: not}
	}
	silent := map[string]change{
		"without events of KMS":   selector(trails.EventSelector{ExcludeManagementEventSources: kms}),
		"newer, without KMS":      advanced(management(source(kms...))),
		"newer, without KMS, RDS": advanced(management(source("rdsdata.amazonaws.com", kms[0]))),
	}
	judge(t, silent, playbooktest.Shape{}, "CloudWatch.7")
	watching := playbooktest.Pick(t, playbook.Alarms(), "CloudWatch.7")
	judgeOne(t, watching, silent, playbooktest.Shape{Class: fault.Refused, Words: []string{noTrail}})
}

// The filter has the prescribed terms, whatever else is set about it, and may have any name and metric.
func TestLineOfFilters(t *testing.T) {
	transform := func(change func(*logs.MetricTransformation)) change {
		return toFilter(func(f *aFilter) { change(&f.MetricTransformations[0]) })
	}
	rewrite := func(pairs ...string) change {
		return toFilter(func(f *aFilter) {
			f.FilterPattern = aws.String(strings.NewReplacer(pairs...).Replace(*f.FilterPattern))
		})
	}
	// first changes the first part of the pattern that has a form.
	first := func(form, to string) change {
		return toFilter(func(f *aFilter) {
			at := regexp.MustCompile(form)
			was := at.FindString(*f.FilterPattern)
			f.FilterPattern = aws.String(strings.Replace(*f.FilterPattern, was, at.ReplaceAllString(was, to), 1))
		})
	}
	judge(t, map[string]change{
		"as on the page":    func(*picture) {},
		"without spaces":    rewrite(" && ", "&&", " || ", "||"),
		"more spaces":       rewrite("=", " = ", "{", "{\t", "}", " }\n"),
		"zero when nothing": transform(func(m *logs.MetricTransformation) { m.DefaultValue = aws.Float64(0) }),
		"with a unit":       transform(func(m *logs.MetricTransformation) { m.Unit = logs.StandardUnitCount }),
		"counts by two":     transform(func(m *logs.MetricTransformation) { m.MetricValue = aws.String("2") }),
		"of our name":       toFilter(func(f *aFilter) { f.FilterName = aws.String(rootUsage) }),
		"on changed logs":   toFilter(func(f *aFilter) { f.ApplyOnTransformedLogs = true }),
		"beside others":     func(p *picture) { p.filters = append(p.filters, metricFilter("other", `{$.eventName="X"}`)) },
		"after another alike": func(p *picture) {
			p.filters = append([]logs.MetricFilter{metricFilter("a", *p.filters[0].FilterPattern)}, p.filters...)
		},
	}, playbooktest.Shape{})
	judge(t, map[string]change{
		"none":               func(p *picture) { p.filters = nil },
		"empty":              toFilter(func(f *aFilter) { f.FilterPattern = aws.String("") }),
		"no pattern":         toFilter(func(f *aFilter) { f.FilterPattern = nil }),
		"one term more":      rewrite("}", ` && $.errorCode NOT EXISTS}`),
		"one term less":      first(` (&&|\|\|) (\(\$[^()]*\)|\$[^()]*?)(\)*\s*})$`, "$3"),
		"another value":      first(`(=\s*"?\*?)(\w)`, "${1}X$2"),
		"a space in a value": first(`=\s*"?\*?(\w)([\w.]+)"?`, `="$1 $2"`),
		"other quotes": toFilter(func(f *aFilter) {
			without := strings.ReplaceAll(*f.FilterPattern, `"`, "")
			if without == *f.FilterPattern {
				without = regexp.MustCompile(`eventName=(\w+)`).ReplaceAllString(without, `eventName="$1"`)
			}
			f.FilterPattern = &without
		}),
		"other letters":      rewrite("$.e", "$.E", "$.u", "$.U"),
		"part of the events": toFilter(func(f *aFilter) { f.FieldSelectionCriteria = aws.String(`@aws.account = "2"`) }),
		"no metric":          toFilter(func(f *aFilter) { f.MetricTransformations = nil }),
		"another metric":     transform(func(m *logs.MetricTransformation) { m.MetricName = aws.String("else") }),
		"another namespace":  transform(func(m *logs.MetricTransformation) { m.MetricNamespace = aws.String("Else") }),
	}, playbooktest.Shape{Fails: true})
}

// The audit goes from the metric to an alarm, its topics and their subscribers. When the alarm goes off, and what
// other states tell, it does not ask.
func TestLineOfAlarms(t *testing.T) {
	judge(t, map[string]change{
		"above zero":        toAlarm(func(a *anAlarm) { a.Threshold = aws.Float64(0) }),
		"on five events":    toAlarm(func(a *anAlarm) { a.Threshold = aws.Float64(5) }),
		"below":             toAlarm(func(a *anAlarm) { a.ComparisonOperator = "LessThanThreshold" }),
		"after three times": toAlarm(func(a *anAlarm) { a.EvaluationPeriods = aws.Int32(3) }),
		"one time of three": toAlarm(func(a *anAlarm) {
			a.EvaluationPeriods, a.DatapointsToAlarm = aws.Int32(3), aws.Int32(1)
		}),
		"average, of a day":  toAlarm(func(a *anAlarm) { a.Statistic, a.Period = "Average", aws.Int32(86400) }),
		"percentile":         toAlarm(func(a *anAlarm) { a.Statistic, a.ExtendedStatistic = "", aws.String("p99") }),
		"with a unit":        toAlarm(func(a *anAlarm) { a.Unit = alarms.StandardUnitCount }),
		"without data, goes": toAlarm(func(a *anAlarm) { a.TreatMissingData = aws.String("breaching") }),
		"tells one of two":   toAlarm(func(a *anAlarm) { a.AlarmActions = []string{topic + "-gone", theirs} }),
		"tells a function too": toAlarm(func(a *anAlarm) {
			a.AlarmActions = append(a.AlarmActions, "arn:aws:lambda:us-east-1:222222222222:function:page")
		}),
		"the second alarm": func(p *picture) {
			silent := metricAlarm("a", "team")
			silent.AlarmActions = nil
			p.alarms = append([]anAlarm{silent}, p.alarms...)
		},
		"of our name":             toAlarm(func(a *anAlarm) { a.AlarmName = aws.String(rootUsage) }),
		"another account's, open": foreign(func(p *picture) { p.confirmed[central] = "2" }),
		"another's hidden, and theirs": foreign(func(p *picture) {
			p.denied, p.alarms[0].AlarmActions = central, []string{central, theirs}
		}),
	}, playbooktest.Shape{})
	judge(t, map[string]change{
		"none":                   func(p *picture) { p.alarms = nil },
		"no actions":             toAlarm(func(a *anAlarm) { a.AlarmActions = nil }),
		"tells when all is well": toAlarm(func(a *anAlarm) { a.AlarmActions, a.OKActions = nil, []string{theirs} }),
		"tells without data": toAlarm(func(a *anAlarm) {
			a.AlarmActions, a.InsufficientDataActions = nil, []string{theirs}
		}),
		"no topic among actions": toAlarm(func(a *anAlarm) { a.AlarmActions = []string{stop} }),
		"topic of another Region": toAlarm(func(a *anAlarm) {
			a.AlarmActions = []string{topicIn("eu-west-1:" + playbooktest.DefaultAccount)}
		}),
		"topic that went":       func(p *picture) { delete(p.confirmed, theirs) },
		"nobody subscribed":     func(p *picture) { p.confirmed[theirs] = "0" },
		"nobody confirmed":      func(p *picture) { p.confirmed[theirs] = "" },
		"off, and tells nobody": toAlarm(func(a *anAlarm) { a.AlarmActions, a.ActionsEnabled = nil, aws.Bool(false) }),
		"another metric":        toAlarm(func(a *anAlarm) { a.MetricName = aws.String("else") }),
		"another namespace":     toAlarm(func(a *anAlarm) { a.Namespace = aws.String("AWS/Logs") }),
		"of a dimension":        toAlarm(func(a *anAlarm) { a.Dimensions = []alarms.Dimension{{Name: aws.String("user")}} }),
		"an expression": toAlarm(func(a *anAlarm) {
			a.MetricName, a.Metrics = nil, []alarms.MetricDataQuery{{Id: aws.String("m")}}
		}),
		"another account's, empty": foreign(func(p *picture) { p.confirmed[central] = "0" }),
	}, playbooktest.Shape{Fails: true})
}

func foreign(change change) change {
	return func(p *picture) { p.alarms[0].AlarmActions = []string{central}; change(p) }
}

// What AWS does not say is not guessed.
func TestLineThatNobodyKnows(t *testing.T) {
	judge(t, map[string]change{
		"another account's topic, hidden": foreign(func(p *picture) { p.denied = central }),
	}, playbooktest.Shape{Class: fault.Refused, Words: []string{central, "Security Hub neither passes nor fails"}})
	judge(t, map[string]change{
		"actions off":   toAlarm(func(a *anAlarm) { a.ActionsEnabled = aws.Bool(false) }),
		"actions unset": toAlarm(func(a *anAlarm) { a.ActionsEnabled = nil }),
	}, playbooktest.Shape{Class: fault.Refused, Words: []string{"turn the actions of the alarm team on"}})
}

// judge holds every control of the family, with each of its patterns, against what becomes of a watchful account.
func judge(t *testing.T, changes map[string]change, want playbooktest.Shape, but ...string) {
	t.Helper()
	for _, c := range playbook.Alarms() {
		if !slices.Contains(but, c.ID) {
			judgeOne(t, c, changes, want)
		}
	}
}

func judgeOne(t *testing.T, c control.Control, changes map[string]change, want playbooktest.Shape) {
	t.Helper()
	patterns := []string{rows()[c.ID][1]}
	if c.ID == "CloudWatch.4" || c.ID == "CloudWatch.13" { // as CIS has it, without the source
		_, events, _ := strings.Cut(patterns[0], ".amazonaws.com) && (")
		patterns = append(patterns, "{"+strings.TrimSuffix(events, ")}")+"}")
	}
	for _, pattern := range patterns {
		shapes := map[string]playbooktest.Shape{}
		for name, change := range changes {
			p := watchful(pattern)
			change(p)
			shape := want
			shape.Answers = p.answers()
			shapes[name] = shape
		}
		playbooktest.Judged(t, c, accountID, shapes)
	}
}
