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
	"github.com/salve-security/salve/internal/fault"
)

// watch is how an account watches its trails for the events of a rule.
type watch struct {
	// Filters are those with the rule's pattern, and the one with its name, as "group:filter": of the Groups, and of
	// others those that count in the rule's own metric.
	Filters map[string]filter
	// Alarms are those on the metrics of Filters, and the one with the rule's name.
	Alarms map[string]alarm
	// Topics is the account's own topic, by its name, once it is there.
	Topics map[string]topic
	// Subscriptions is the confirmed one of whom the parameter names, as "endpoint to topic".
	Subscriptions map[string]subscription

	// Groups are the log groups in which a filter sees all management events of the account.
	Groups map[string]bool `salve:"fact"`
	// Full are those of them that have as many filters as AWS takes.
	Full map[string]bool `salve:"fact"`
	// Heard are the topics that reach somebody, Shut those that no alarm may tell, and Hidden those of other accounts
	// that let nobody see whom they reach.
	Heard  map[string]bool `salve:"fact"`
	Shut   map[string]bool `salve:"fact"`
	Hidden map[string]bool `salve:"fact"`
	// Keys are the aliases of keys that can encrypt a topic, and whether alarms can tell one then.
	Keys map[string]bool `salve:"fact"`
}

// filter counts the log events that match a pattern.
type filter struct {
	Pattern, Namespace, Metric, Value string

	More bool `json:",omitempty"` // it has settings that are not here, and that a write could not put back
}

// alarm looks at a metric and tells topics.
type alarm struct {
	Namespace, Metric, Statistic, Comparison, Missing string

	Period, Periods int32
	Threshold       float64
	Enabled         bool
	Actions         map[string]bool
	More            bool `json:",omitempty"` // as of a filter
}

// want leaves everything as it is when any alarm tells somebody of the events, whatever its name. Security Hub takes
// the steps of the CIS audit: from the filter's metric to an alarm, from there to a topic and its subscribers. When
// the alarm goes off is not among them.
func (r rule) want(now watch, env control.Env) (watch, error) {
	if len(now.Groups) == 0 {
		return watch{}, fault.New(fault.Refused, "set up a trail of all Regions by hand that writes all management events "+
			"to a log group in %s, as none does here; or, where an organization's trail is watched in another account, make "+
			"an exception", env.Target.Region)
	}
	told, doubt := r.told(now)
	if told {
		return now, nil
	}
	if doubt != nil {
		return watch{}, doubt
	}
	topic, err := r.listener(now, env)
	if err != nil {
		return watch{}, err
	}
	f, err := r.filterIn(now)
	if err != nil {
		return watch{}, err
	}
	old, there := now.Alarms[r.name]
	switch {
	case old.More:
		return watch{}, taken("alarm " + r.name)
	case there && !old.on(f) && !old.on(r.filter()):
		return watch{}, foreign("alarm "+r.name, "watches", old.Namespace, old.Metric)
	}
	actions := map[string]bool{topic: true}
	maps.Copy(actions, old.Actions)
	now.Alarms[r.name] = alarm{
		Namespace: f.Namespace, Metric: f.Metric, Statistic: "Sum", Period: 300, Periods: 1,
		Comparison: "GreaterThanOrEqualToThreshold", Threshold: 1, Missing: "notBreaching",
		Enabled: true, Actions: actions,
	}
	return now, nil
}

// told tells whether an alarm on a filter of the rule tells somebody. Where AWS does not say whether what there is
// counts, doubt has what a person can do: another alarm beside might be one that nobody asked for.
func (r rule) told(now watch) (told bool, doubt error) {
	reached := now.reached()
	for _, name := range slices.Sorted(maps.Keys(now.Alarms)) {
		a := now.Alarms[name]
		if !r.watched(now, a) {
			continue
		}
		for _, topic := range slices.Sorted(maps.Keys(a.Actions)) {
			switch {
			case reached[topic] && a.Enabled:
				return true, nil
			case reached[topic]:
				doubt = fault.New(fault.Refused, "turn the actions of the alarm %s on, or take it away: it is on these events "+
					"and tells %s, with its actions off, and AWS does not say whether that counts", name, topic)
			case now.Hidden[topic]:
				doubt = fault.New(fault.Refused, "let this account read the topic %s and list its subscriptions, or take it off "+
					"the alarm %s, which tells it of these events: while nobody sees whom it reaches, Security Hub neither "+
					"passes nor fails the control", topic, name)
			}
		}
	}
	return false, doubt
}

// watched tells that an alarm is on the metric of a filter with the rule's pattern.
func (r rule) watched(now watch, a alarm) bool {
	for key, f := range now.Filters {
		if now.sees(key) && r.matches(f.Pattern) && a.on(f) {
			return true
		}
	}
	return false
}

// sees tells that a filter, by its key, is on a group in which it sees all events.
func (now watch) sees(key string) bool {
	group, _, _ := strings.Cut(key, ":")
	return now.Groups[group]
}

// namespace is that of the metrics that Salve makes.
const namespace = "CISBenchmark"

// mostFilters is how many metric filters a log group takes. Source: CloudWatch Logs user guide, quotas.
const mostFilters = 100

// filterIn returns the filter to put an alarm on, which is added to one of the groups where none would do: the alarm
// has to see each event.
func (r rule) filterIn(now watch) (filter, error) {
	for _, key := range slices.Sorted(maps.Keys(now.Filters)) {
		if f := now.Filters[key]; now.sees(key) && r.matches(f.Pattern) && f.Metric != "" && f.Value == "1" && !f.More {
			return f, nil
		}
	}
	return r.filterOf(now)
}

// filterOf is the filter that Salve makes, in the first group that takes it. What has its name there and is somebody
// else's stays.
func (r rule) filterOf(now watch) (filter, error) {
	var inTheWay error
	groups := slices.Sorted(maps.Keys(now.Groups))
	for _, group := range groups {
		key, f := group+":"+r.name, r.filter()
		switch old, there := now.Filters[key]; {
		case old.More:
			inTheWay = taken("filter " + r.name + " of the log group " + group)
		case there && (old.Namespace != f.Namespace || old.Metric != f.Metric):
			inTheWay = foreign("metric filter "+r.name+" of the log group "+group, "counts in", old.Namespace, old.Metric)
		case there || !now.Full[group]:
			now.Filters[key] = f
			return f, nil
		}
	}
	if inTheWay != nil {
		return filter{}, inTheWay
	}
	return filter{}, fault.New(fault.Refused, "remove a metric filter that nobody needs from the log group %s, then try "+
		"again: it has %d, as many as AWS takes", strings.Join(groups, " or "), mostFilters)
}

// filter is the one that Salve makes.
func (r rule) filter() filter {
	return filter{Pattern: r.patterns[0], Namespace: namespace, Metric: r.name, Value: "1"}
}

// foreign refuses to put what the control asks for in the place of what has its name and is about something else:
// somebody made it for that. AWS has one of a name.
func foreign(what, does, namespace, metric string) error {
	return fault.New(fault.Refused, "make it anew under another name, or make filter and alarm of this control by hand "+
		"under names of their own: the %s %s %s of %s, so that somebody else may need it", what, does, metric, namespace)
}

// taken refuses to replace what has the rule's name and more to it than could be put back.
func taken(what string) error {
	return fault.New(fault.Refused, "give the %s another name: Salve would replace it and could not put its settings "+
		"back", what)
}

// matches compares as Security Hub does: every term, none more, whatever the spaces between them.
func (r rule) matches(pattern string) bool {
	return slices.ContainsFunc(r.patterns, func(p string) bool { return squeeze(p) == squeeze(pattern) })
}

// squeeze takes the spaces out of a pattern, but for those of a text in quotes.
func squeeze(pattern string) string {
	parts := strings.Split(pattern, `"`)
	for i := 0; i < len(parts); i += 2 {
		parts[i] = strings.Join(strings.Fields(parts[i]), "")
	}
	return strings.Join(parts, `"`)
}

func (a alarm) on(f filter) bool {
	return a.Metric != "" && a.Namespace == f.Namespace && a.Metric == f.Metric
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
