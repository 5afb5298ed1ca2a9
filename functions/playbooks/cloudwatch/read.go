package cloudwatch

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trails "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	alarms "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// read goes the way of an event: from the trails over the filters to the alarms and those who hear them. Each step
// starts from what the one before has found.
func (r rule) read(ctx context.Context, env control.Env) (watch, error) {
	now := watch{
		Filters: map[string]filter{}, Alarms: map[string]alarm{},
		Topics: map[string]topic{}, Subscriptions: map[string]subscription{},
		Groups: map[string]bool{}, Full: map[string]bool{}, Heard: map[string]bool{}, Shut: map[string]bool{},
		Hidden: map[string]bool{}, Keys: map[string]bool{},
	}
	for _, step := range []func(context.Context, control.Env, watch) error{
		r.readGroups, r.readFilters, r.readAlarms, readTopics, readSubscription, readKey,
	} {
		if err := step(ctx, env, now); err != nil {
			return watch{}, err
		}
	}
	return now, nil
}

// readGroups finds the log groups that a trail of all Regions, which the account owns and has its home in this
// Region, writes all management events to. A filter on any other group would count nothing; and Security Hub does not
// judge by trails of another account or Region, whatever group they write to.
func (r rule) readGroups(ctx context.Context, env control.Env, now watch) error {
	client := cloudtrail.NewFromConfig(env.Config)
	out, err := client.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
	if err != nil {
		return err
	}
	for _, trail := range out.TrailList {
		group, here := strings.CutPrefix(aws.ToString(trail.CloudWatchLogsLogGroupArn), env.Target.ARN("logs", "log-group:"))
		own := strings.HasPrefix(aws.ToString(trail.TrailARN), env.Target.ARN("cloudtrail", "trail/"))
		if !here || !own || !aws.ToBool(trail.IsMultiRegionTrail) {
			continue
		}
		complete, err := r.watchesAll(ctx, client, trail.TrailARN)
		// A trail that was deleted meanwhile is one less; it is not the account that is gone.
		if err != nil && fault.Of(err) != fault.Gone {
			return err
		}
		if complete {
			now.Groups[strings.TrimSuffix(group, ":*")] = true
		}
	}
	return nil
}

// watchesAll tells that a trail is on and records management events, reads and writes.
func (r rule) watchesAll(ctx context.Context, client *cloudtrail.Client, trail *string) (bool, error) {
	status, err := client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: trail})
	if err != nil || !aws.ToBool(status.IsLogging) {
		return false, err
	}
	out, err := client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: trail})
	if err != nil {
		return false, err
	}
	// Without any selector a trail records all management events.
	return len(out.EventSelectors)+len(out.AdvancedEventSelectors) == 0 ||
		slices.ContainsFunc(out.EventSelectors, r.allEvents) ||
		slices.ContainsFunc(out.AdvancedEventSelectors, r.allManagement), nil
}

// keySource is the source of events of KMS.
const keySource = "kms.amazonaws.com"

// allEvents tells a selector of management events, reads and writes, which both are when nothing is said. It may
// leave out the events of chatty services: Security Hub minds that of KMS in CloudWatch.7 alone.
func (r rule) allEvents(s trails.EventSelector) bool {
	return (s.IncludeManagementEvents == nil || *s.IncludeManagementEvents) &&
		(r.id != keys || !slices.Contains(s.ExcludeManagementEventSources, keySource)) &&
		(s.ReadWriteType == trails.ReadWriteTypeAll || s.ReadWriteType == "")
}

// allManagement is allEvents for a selector of the newer kind. CIS has no word about those; they count where they
// select the same. The services that the older kind can leave out are the chatty ones.
func (r rule) allManagement(s trails.AdvancedEventSelector) bool {
	management, chatty := false, []string{"rdsdata.amazonaws.com"}
	if r.id != keys {
		chatty = append(chatty, keySource)
	}
	for _, f := range s.FieldSelectors {
		only := len(f.Equals) + len(f.StartsWith) + len(f.EndsWith) + len(f.NotStartsWith) + len(f.NotEndsWith)
		less := slices.ContainsFunc(f.NotEquals, func(source string) bool { return !slices.Contains(chatty, source) })
		switch field := aws.ToString(f.Field); {
		case field == "eventCategory":
			management = slices.Contains(f.Equals, "Management")
		case field != "eventSource" || only > 0 || less:
			return false
		}
	}
	return management
}

// readFilters drops groups that do not exist: a trail may still name a deleted one.
func (r rule) readFilters(ctx context.Context, env control.Env, now watch) error {
	client := cloudwatchlogs.NewFromConfig(env.Config)
	for _, group := range slices.Sorted(maps.Keys(now.Groups)) {
		pages := cloudwatchlogs.NewDescribeMetricFiltersPaginator(client, &cloudwatchlogs.DescribeMetricFiltersInput{
			LogGroupName: &group,
		})
		filters := 0
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if fault.Of(err) == fault.Gone {
				delete(now.Groups, group)
				break
			}
			if err != nil {
				return err
			}
			filters += len(page.MetricFilters)
			for _, f := range page.MetricFilters {
				r.keepFilter(now, group, f)
			}
		}
		if filters >= mostFilters {
			now.Full[group] = true
		}
	}
	return r.readOwn(ctx, client, now)
}

// readOwn adds filters that count in the metric of the rule in groups that no trail writes to, or not any more: what a
// run made there can be taken back. They show nothing of what happens in the account.
func (r rule) readOwn(ctx context.Context, client *cloudwatchlogs.Client, now watch) error {
	pages := cloudwatchlogs.NewDescribeMetricFiltersPaginator(client, &cloudwatchlogs.DescribeMetricFiltersInput{
		MetricNamespace: aws.String(namespace), MetricName: &r.name,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, f := range page.MetricFilters {
			if group := aws.ToString(f.LogGroupName); group != "" && !now.Groups[group] {
				r.keepFilter(now, group, f)
			}
		}
	}
	return nil
}

// keepFilter adds a filter that has the pattern or the rule's name. One that picks events by more than its pattern
// counts in no metric that an alarm could be on.
func (r rule) keepFilter(now watch, group string, f logs.MetricFilter) {
	name, pattern := aws.ToString(f.FilterName), aws.ToString(f.FilterPattern)
	if name != r.name && !r.matches(pattern) {
		return
	}
	kept := filter{Pattern: pattern, More: !plainFilter(f)}
	if len(f.MetricTransformations) > 0 && aws.ToString(f.FieldSelectionCriteria) == "" { // there is one at most
		m := f.MetricTransformations[0]
		kept.Namespace, kept.Metric = aws.ToString(m.MetricNamespace), aws.ToString(m.MetricName)
		kept.Value = aws.ToString(m.MetricValue)
	}
	now.Filters[group+":"+name] = kept
}

// plainFilter tells that filter holds everything about a filter that a write would replace.
func plainFilter(f logs.MetricFilter) bool {
	if len(f.MetricTransformations) != 1 {
		return false
	}
	m := f.MetricTransformations[0]
	return aws.ToString(f.FieldSelectionCriteria) == "" && len(f.EmitSystemFieldDimensions) == 0 &&
		!f.ApplyOnTransformedLogs && m.DefaultValue == nil && len(m.Dimensions) == 0 &&
		(m.Unit == "" || m.Unit == logs.StandardUnitNone)
}

// readAlarms asks by metric for names, then by name: the first answer need not be complete.
func (r rule) readAlarms(ctx context.Context, env control.Env, now watch) error {
	client, names := cloudwatch.NewFromConfig(env.Config), map[string]bool{r.name: true}
	for _, f := range now.Filters {
		if f.Metric == "" {
			continue
		}
		out, err := client.DescribeAlarmsForMetric(ctx, &cloudwatch.DescribeAlarmsForMetricInput{
			Namespace: &f.Namespace, MetricName: &f.Metric,
		})
		if err != nil {
			return err
		}
		for _, a := range out.MetricAlarms {
			names[aws.ToString(a.AlarmName)] = true
		}
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(names)), 100) {
		out, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{
			AlarmNames: some, MaxRecords: aws.Int32(100), AlarmTypes: []alarms.AlarmType{alarms.AlarmTypeMetricAlarm},
		})
		if err != nil {
			return err
		}
		for _, a := range out.MetricAlarms {
			now.Alarms[aws.ToString(a.AlarmName)] = alarmOf(a)
		}
	}
	return nil
}

// plainAlarm tells that alarm holds everything about an alarm that a write would replace and not carry.
func plainAlarm(a alarms.MetricAlarm) bool {
	periods := aws.ToInt32(a.EvaluationPeriods)
	return len(a.Metrics) == 0 && len(a.Dimensions) == 0 && aws.ToString(a.ExtendedStatistic) == "" && a.Unit == "" &&
		aws.ToString(a.ThresholdMetricId) == "" && (a.DatapointsToAlarm == nil || *a.DatapointsToAlarm == periods)
}

// alarmOf leaves the metric out where the alarm watches one by a dimension, or an expression: it is on no filter's.
func alarmOf(a alarms.MetricAlarm) alarm {
	out := alarm{
		Namespace: aws.ToString(a.Namespace), Metric: aws.ToString(a.MetricName), Statistic: string(a.Statistic),
		Comparison: string(a.ComparisonOperator), Missing: aws.ToString(a.TreatMissingData),
		Period: aws.ToInt32(a.Period), Periods: aws.ToInt32(a.EvaluationPeriods), Threshold: aws.ToFloat64(a.Threshold),
		Enabled: aws.ToBool(a.ActionsEnabled), Actions: map[string]bool{}, More: !plainAlarm(a),
	}
	if len(a.Metrics)+len(a.Dimensions) > 0 {
		out.Metric = ""
	}
	for _, topic := range a.AlarmActions {
		out.Actions[topic] = true
	}
	return out
}
