// Package cloudwatch holds the playbooks for Amazon CloudWatch.
package cloudwatch

import (
	"maps"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/control"
)

const (
	// paramTopic is the parameter with the topic that alarms tell.
	paramTopic = "topicArn"
	// paramSubscribe is the parameter with whom to subscribe to a topic that nobody hears.
	paramSubscribe = "subscribe"
	// topicName is the topic that is told where the parameter names none, and the only one that is ever made or
	// subscribed to: the member role is pinned to it.
	topicName = "cis-alarms"
	namespace = "CISBenchmark"
)

// kind is a metric filter on a trail's log group with an alarm on its metric: what most of the CloudWatch
// controls ask for, each with a pattern of its own.
type kind struct {
	name        string // of the filter, the metric and the alarm
	pattern     string
	description string // of the alarm
}

// watch is how an account watches its trails for the events of a pattern.
type watch struct {
	// Groups are the log groups in which a filter sees all management events of the account.
	Groups map[string]bool
	// Filters are those with the pattern, and the one with our name, as "group:filter".
	Filters map[string]filter
	// Alarms are those on the metrics of Filters, and the one with our name.
	Alarms map[string]alarm
	// Topics is the account's own topic, by its name, once it is there.
	Topics map[string]topic
	// Subscriptions is the confirmed one of whom the parameter names, as "endpoint to topic".
	Subscriptions map[string]subscription
	// Heard are the topics that reach somebody, and Shut those that no alarm may tell. A control writes neither.
	Heard, Shut map[string]bool
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
func (k kind) want(now watch, env control.Env) (watch, error) {
	reached := now.reached()
	for _, f := range now.Filters {
		for _, a := range now.Alarms {
			if k.matches(f.Pattern) && a.on(f) && a.tells(reached) {
				return now, nil
			}
		}
	}
	topic, err := k.listener(now, env)
	if err != nil {
		return watch{}, err
	}
	f := k.filterIn(now)
	actions := map[string]bool{topic: true}
	maps.Copy(actions, now.Alarms[k.name].Actions)
	now.Alarms[k.name] = alarm{
		Namespace: f.Namespace, Metric: f.Metric, Statistic: "Sum", Period: 300, Periods: 1,
		Comparison: "GreaterThanOrEqualToThreshold", Threshold: 1, Missing: "notBreaching",
		Enabled: true, Actions: actions,
	}
	return now, nil
}

// filterIn returns the filter to put an alarm on, which is added where there is none yet.
func (k kind) filterIn(now watch) filter {
	for _, key := range slices.Sorted(maps.Keys(now.Filters)) {
		if f := now.Filters[key]; k.matches(f.Pattern) {
			return f
		}
	}
	f := filter{Pattern: k.pattern, Namespace: namespace, Metric: k.name, Value: "1"}
	for _, group := range slices.Sorted(maps.Keys(now.Groups)) {
		now.Filters[group+":"+k.name] = f
		break
	}
	return f
}

// matches compares as Security Hub does: every term, none more, whatever the spaces.
func (k kind) matches(pattern string) bool { return squeeze(pattern) == squeeze(k.pattern) }

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
