package cloudwatch

import (
	"maps"
	"slices"
	"strings"

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
