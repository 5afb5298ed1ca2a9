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
