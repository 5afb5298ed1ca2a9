package cloudwatch

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	alarms "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

func (k kind) read(ctx context.Context, env control.Env) (watch, error) {
	var now watch
	var err error
	if now.Groups, err = logGroups(ctx, env); err != nil {
		return watch{}, err
	}
	if now.Filters, err = k.filters(ctx, env, now.Groups); err != nil {
		return watch{}, err
	}
	if len(now.Groups) == 0 {
		return watch{}, noTrail(env.Target)
	}
	if now.Alarms, err = k.alarms(ctx, env, now.Filters); err != nil {
		return watch{}, err
	}
	return now, now.listen(ctx, env)
}

// filters reads the groups' filters, and drops groups that do not exist: a trail may still name a deleted one.
func (k kind) filters(ctx context.Context, env control.Env, groups map[string]bool) (map[string]filter, error) {
	client, found := cloudwatchlogs.NewFromConfig(env.Config), map[string]filter{}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		pages := cloudwatchlogs.NewDescribeMetricFiltersPaginator(client, &cloudwatchlogs.DescribeMetricFiltersInput{
			LogGroupName: &group,
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if fault.Of(err) == fault.Gone {
				delete(groups, group)
				break
			}
			if err != nil {
				return nil, err
			}
			for _, f := range page.MetricFilters {
				if err := k.keep(found, group, f); err != nil {
					return nil, err
				}
			}
		}
	}
	return found, nil
}

// keep adds a filter that has the pattern or our name. One that a write could not restore is left out, or,
// because a write would replace it, refused.
func (k kind) keep(found map[string]filter, group string, f logs.MetricFilter) error {
	name, pattern := aws.ToString(f.FilterName), aws.ToString(f.FilterPattern)
	if name != k.name && !k.matches(pattern) {
		return nil
	}
	plain := len(f.MetricTransformations) == 1 && aws.ToString(f.FieldSelectionCriteria) == "" &&
		len(f.EmitSystemFieldDimensions) == 0 && !f.ApplyOnTransformedLogs
	if plain {
		m := f.MetricTransformations[0]
		if m.DefaultValue == nil && len(m.Dimensions) == 0 && (m.Unit == "" || m.Unit == logs.StandardUnitNone) {
			found[group+":"+name] = filter{
				pattern, aws.ToString(m.MetricNamespace), aws.ToString(m.MetricName), aws.ToString(m.MetricValue),
			}
			return nil
		}
	}
	if name != k.name {
		return nil
	}
	return fault.New(fault.Refused, "give the filter %s of the log group %s another name: Salve would replace it and "+
		"could not put its settings back", name, group)
}

// alarms asks by metric for names, then by name: the first answer need not be complete.
func (k kind) alarms(ctx context.Context, env control.Env, filters map[string]filter) (map[string]alarm, error) {
	client, names := cloudwatch.NewFromConfig(env.Config), map[string]bool{k.name: true}
	for _, f := range filters {
		if f.Metric == "" {
			continue
		}
		out, err := client.DescribeAlarmsForMetric(ctx, &cloudwatch.DescribeAlarmsForMetricInput{
			Namespace: &f.Namespace, MetricName: &f.Metric,
		})
		if err != nil {
			return nil, err
		}
		for _, a := range out.MetricAlarms {
			names[aws.ToString(a.AlarmName)] = true
		}
	}
	found := map[string]alarm{}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(names)), 100) {
		out, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{
			AlarmNames: some, MaxRecords: aws.Int32(100), AlarmTypes: []alarms.AlarmType{alarms.AlarmTypeMetricAlarm},
		})
		if err != nil {
			return nil, err
		}
		for _, a := range out.MetricAlarms {
			name := aws.ToString(a.AlarmName)
			if restorable(a) {
				found[name] = alarmOf(a)
			} else if name == k.name {
				return nil, fault.New(fault.Refused, "give the alarm %s another name: Salve would replace it and could not put "+
					"its settings back", name)
			}
		}
	}
	return found, nil
}

// restorable tells that alarm holds everything about an alarm that a write would replace and not carry.
func restorable(a alarms.MetricAlarm) bool {
	periods := aws.ToInt32(a.EvaluationPeriods)
	return len(a.Metrics) == 0 && len(a.Dimensions) == 0 && aws.ToString(a.ExtendedStatistic) == "" && a.Unit == "" &&
		aws.ToString(a.ThresholdMetricId) == "" && (a.DatapointsToAlarm == nil || *a.DatapointsToAlarm == periods)
}

func alarmOf(a alarms.MetricAlarm) alarm {
	out := alarm{
		Namespace: aws.ToString(a.Namespace), Metric: aws.ToString(a.MetricName), Statistic: string(a.Statistic),
		Comparison: string(a.ComparisonOperator), Missing: aws.ToString(a.TreatMissingData),
		Period: aws.ToInt32(a.Period), Periods: aws.ToInt32(a.EvaluationPeriods), Threshold: aws.ToFloat64(a.Threshold),
		Enabled: aws.ToBool(a.ActionsEnabled), Actions: map[string]bool{},
	}
	for _, topic := range a.AlarmActions {
		out.Actions[topic] = true
	}
	return out
}
