// Package metric turns what happened in a batch into CloudWatch metrics. They
// are lines in the embedded metric format on standard output: CloudWatch reads
// them out of the function's log, so they cost no call and no waiting.
package metric

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

// Names of metrics that are no outcome of a run. The outcomes are named by Outcome.
const (
	NotFixed = "NotFixed" // runs that tried and ended without a fix; the alarm looks at it
	Seconds  = "Seconds"  // from the event to the recorded outcome
	Rejected = "Rejected" // messages that cannot be understood
	Tripped  = "Tripped"  // controls that the breaker stopped
	Swept    = "Swept"    // sweeps, whatever came of them; the alarm looks for their absence
	NotFed   = "NotFed"   // rules that bring no events, at each look
	// NotCharted counts readings of the organization that failed.
	NotCharted = "OrganizationNotRead"
	Trouble    = "Trouble"    // what happened was not told: to a finding, a person or the ledger
	Recurred   = "Recurred"   // fixes that a later look found undone
	Unreadable = "Unreadable" // later looks that could not be taken
)

// dimension is the only one. Accounts and resources would make every one of
// them a metric that is paid for.
const dimension = "Control"

// perMetric is how many values the embedded metric format takes of one metric.
const perMetric = 100

// Outcome is the name of the metric that counts runs of a status.
func Outcome(s run.Status) string {
	var name strings.Builder
	for word := range strings.SplitSeq(string(s), "_") {
		if word != "" {
			name.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return name.String()
}

// tally is what one control did.
type tally struct {
	counts  map[string]int
	seconds []float64
}

// Lines is what a batch did, one line of JSON a control, and how many sweeps were in it. Nothing happened: no bytes.
func Lines(now time.Time, batch []audit.Line, sweeps int) ([]byte, error) {
	controls := map[string]*tally{}
	if sweeps > 0 {
		controls[""] = &tally{counts: map[string]int{Swept: sweeps}}
	}
	for _, line := range batch {
		names := counted(line)
		if len(names) == 0 {
			continue
		}
		t := controls[line.Control]
		if t == nil {
			t = &tally{counts: map[string]int{}}
			controls[line.Control] = t
		}
		for _, name := range names {
			t.counts[name]++
		}
		if line.Event == audit.Finished && !line.Asked.IsZero() {
			// The clocks of two machines may disagree by more than a fix takes.
			t.seconds = append(t.seconds, max(0, line.Time.Sub(line.Asked).Seconds()))
		}
	}
	var out bytes.Buffer
	for _, control := range slices.Sorted(maps.Keys(controls)) {
		if err := write(&out, now, control, controls[control]); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

// counted names the metrics that an audit line adds one to.
func counted(line audit.Line) []string {
	switch line.Event {
	case audit.Finished:
		names := []string{Outcome(run.Status(line.Status))}
		if outcome.Alarms(outcome.Outcome(cmp.Or(line.Outcome, line.Status))) {
			names = append(names, NotFixed)
		}
		return names
	case audit.Deferred:
		return []string{Outcome(run.StatusDeferred)}
	case audit.Refused:
		return []string{Outcome(run.StatusRefused)}
	case audit.Rejected:
		return []string{Rejected}
	case audit.Tripped:
		return []string{Tripped}
	case audit.NotFed:
		return []string{NotFed}
	case audit.NotCharted:
		return []string{NotCharted}
	case audit.Recurred:
		return []string{Recurred}
	case audit.Unreadable:
		return []string{Unreadable}
	case audit.MessageFailed, audit.NotSettled, audit.NotSynced, audit.NotTold, audit.NotTripped,
		audit.NotSwept:
		return []string{Trouble}
	}
	return nil
}

// write adds the lines of one control: one, unless there are more durations
// than fit.
func write(out *bytes.Buffer, now time.Time, control string, t *tally) error {
	encoder := json.NewEncoder(out)
	counts, seconds := t.counts, t.seconds
	for first := true; first || len(seconds) > 0; first = false {
		n := min(len(seconds), perMetric)
		if err := encoder.Encode(document(now, control, counts, seconds[:n])); err != nil {
			return fmt.Errorf("encode the metrics of %s: %w", control, err)
		}
		counts, seconds = nil, seconds[n:]
	}
	return nil
}

type definition struct {
	Name string
	Unit string
}

// document is one line: for the control and, so that an alarm needs no
// arithmetic, for all controls together.
func document(now time.Time, control string, counts map[string]int, seconds []float64) map[string]any {
	doc := map[string]any{}
	var metrics []definition
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		metrics = append(metrics, definition{name, "Count"})
		doc[name] = counts[name]
	}
	if len(seconds) > 0 {
		metrics = append(metrics, definition{Seconds, "Seconds"})
		doc[Seconds] = seconds
	}
	dimensions := [][]string{{}}
	if control != "" {
		dimensions = [][]string{{dimension}, {}}
		doc[dimension] = control
	}
	doc["_aws"] = map[string]any{
		"Timestamp": now.UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": names.ServiceMetrics, "Dimensions": dimensions, "Metrics": metrics,
		}},
	}
	return doc
}
