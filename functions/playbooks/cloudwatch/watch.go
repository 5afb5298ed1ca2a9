package cloudwatch

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	alarms "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/salve-security/salve/internal/control"
)

// watch is how an account watches its trails for the events of a rule.
type watch struct {
	// Filters are those with the rule's pattern, and the one with its name, as "group:filter".
	Filters map[string]filter
	// Alarms are those on the metrics of Filters, and the one with the rule's name.
	Alarms map[string]alarm
	// Topics is the account's own topic, by its name, once it is there.
	Topics map[string]topic
	// Subscriptions is the confirmed one of whom the parameter names, as "endpoint to topic".
	Subscriptions map[string]subscription

	// Groups are the log groups in which a filter sees all management events of the account.
	Groups map[string]bool `salve:"fact"`
	// Heard are the topics that reach somebody, Shut those that no alarm may tell.
	Heard map[string]bool `salve:"fact"`
	Shut  map[string]bool `salve:"fact"`
	// Keys are the aliases of keys that can encrypt a topic, and whether alarms can tell one then.
	Keys map[string]bool `salve:"fact"`
}

// filter counts the log events that match a pattern.
type filter struct {
	Pattern, Namespace, Metric, Value string
}

// alarm looks at a metric and tells topics.
type alarm struct {
	Namespace, Metric, Statistic, Comparison, Missing string

	Period, Periods int32
	Threshold       float64
	Enabled         bool
	Actions         map[string]bool
}

// want leaves everything as it is when any alarm tells somebody of the events, whatever its name.
func (r rule) want(now watch, env control.Env) (watch, error) {
	reached := now.reached()
	for _, f := range now.Filters {
		for _, a := range now.Alarms {
			if r.matches(f.Pattern) && a.on(f) && a.tells(reached) {
				return now, nil
			}
		}
	}
	topic, err := r.listener(now, env)
	if err != nil {
		return watch{}, err
	}
	f := r.filterIn(now)
	actions := map[string]bool{topic: true}
	maps.Copy(actions, now.Alarms[r.name].Actions)
	now.Alarms[r.name] = alarm{
		Namespace: f.Namespace, Metric: f.Metric, Statistic: "Sum", Period: 300, Periods: 1,
		Comparison: "GreaterThanOrEqualToThreshold", Threshold: 1, Missing: "notBreaching",
		Enabled: true, Actions: actions,
	}
	return now, nil
}

// filterIn returns the filter to put an alarm on, which is added to one of the groups where there is none yet.
func (r rule) filterIn(now watch) filter {
	for _, key := range slices.Sorted(maps.Keys(now.Filters)) {
		if f := now.Filters[key]; r.matches(f.Pattern) {
			return f
		}
	}
	f := filter{Pattern: r.pattern, Namespace: "CISBenchmark", Metric: r.name, Value: "1"}
	if groups := slices.Sorted(maps.Keys(now.Groups)); len(groups) > 0 { // the read refuses where there is none
		now.Filters[groups[0]+":"+r.name] = f
	}
	return f
}

// matches compares as Security Hub does: every term, none more, whatever the spaces.
func (r rule) matches(pattern string) bool { return squeeze(pattern) == squeeze(r.pattern) }

func squeeze(pattern string) string { return strings.Join(strings.Fields(pattern), "") }

func (a alarm) on(f filter) bool { return a.Namespace == f.Namespace && a.Metric == f.Metric }

// tells is true of an alarm that goes off on a single event and then says so to a topic that is heard.
func (a alarm) tells(heard map[string]bool) bool {
	first := a.Comparison == "GreaterThanOrEqualToThreshold" && a.Threshold <= 1 ||
		a.Comparison == "GreaterThanThreshold" && a.Threshold < 1
	reaches := slices.ContainsFunc(slices.Collect(maps.Keys(a.Actions)), func(topic string) bool { return heard[topic] })
	return a.Enabled && reaches && first && a.Periods <= 1
}

func arn(t control.Target, service, resource string) string {
	return strings.Join([]string{"arn", t.Partition, service, t.Region, t.Account, resource}, ":")
}

// write goes from who is told over the filter to the alarm, so that there is something to look at and somebody to
// tell, and takes away in the other direction. What others may use by then it never takes away.
func (r rule) write(ctx context.Context, env control.Env, from, to watch) error {
	if err := ensureTopic().Write(ctx, env, from.Topics, to.Topics); err != nil {
		return err
	}
	if err := ensureSubscription().Write(ctx, env, from.Subscriptions, to.Subscriptions); err != nil {
		return err
	}
	for _, key := range changed(from.Filters, to.Filters) {
		if err := putFilter(ctx, env, key, to.Filters[key]); err != nil {
			return err
		}
	}
	client := cloudwatch.NewFromConfig(env.Config)
	for _, name := range changed(from.Alarms, to.Alarms) {
		if err := r.putAlarm(ctx, client, name, to.Alarms[name]); err != nil {
			return err
		}
	}
	if names := missing(from.Alarms, to.Alarms); len(names) > 0 {
		if _, err := client.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: names}); err != nil {
			return err
		}
	}
	for _, key := range missing(from.Filters, to.Filters) {
		group, name, _ := strings.Cut(key, ":")
		_, err := cloudwatchlogs.NewFromConfig(env.Config).DeleteMetricFilter(ctx, &cloudwatchlogs.DeleteMetricFilterInput{
			LogGroupName: &group, FilterName: &name,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// changed are the keys that are new or have another value, in order.
func changed[V any](from, to map[string]V) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(to)), func(key string) bool {
		old, there := from[key]
		return there && reflect.DeepEqual(old, to[key])
	})
}

// missing are the keys that are no longer there, in order.
func missing[V any](from, to map[string]V) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(from)), func(key string) bool {
		_, stays := to[key]
		return stays
	})
}

func putFilter(ctx context.Context, env control.Env, key string, f filter) error {
	group, name, _ := strings.Cut(key, ":")
	_, err := cloudwatchlogs.NewFromConfig(env.Config).PutMetricFilter(ctx, &cloudwatchlogs.PutMetricFilterInput{
		LogGroupName: &group, FilterName: &name, FilterPattern: &f.Pattern,
		MetricTransformations: []logs.MetricTransformation{{
			MetricNamespace: &f.Namespace, MetricName: &f.Metric, MetricValue: &f.Value,
		}},
	})
	return err
}

// putAlarm carries what a put would reset and the state does not hold: the text and the topics for other states.
func (r rule) putAlarm(ctx context.Context, client *cloudwatch.Client, name string, a alarm) error {
	old, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}})
	if err != nil {
		return err
	}
	in := &cloudwatch.PutMetricAlarmInput{
		AlarmName: &name, AlarmDescription: &r.says,
		Namespace: &a.Namespace, MetricName: &a.Metric, Statistic: alarms.Statistic(a.Statistic),
		Period: &a.Period, EvaluationPeriods: &a.Periods, Threshold: &a.Threshold,
		ComparisonOperator: alarms.ComparisonOperator(a.Comparison), TreatMissingData: &a.Missing,
		ActionsEnabled: &a.Enabled, AlarmActions: slices.Sorted(maps.Keys(a.Actions)),
	}
	for _, o := range old.MetricAlarms {
		in.AlarmDescription = o.AlarmDescription
		in.OKActions, in.InsufficientDataActions = o.OKActions, o.InsufficientDataActions
	}
	_, err = client.PutMetricAlarm(ctx, in)
	return err
}
