package deploy_test

import (
	"slices"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/metric"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// metricNames are the metrics that the function can print.
func metricNames() []string {
	out := []string{metric.NotFixed, metric.Seconds, metric.Rejected, metric.Swept, metric.Trouble}
	for _, s := range []run.Status{
		run.StatusCompliant, run.StatusPlanned, run.StatusAwaitingApproval, run.StatusVerified, run.StatusUnverified,
		run.StatusFailed, run.StatusDenied, run.StatusRefused, run.StatusDeferred, run.StatusGone, run.StatusUndone,
		run.StatusUndoneInPart,
	} {
		out = append(out, metric.Outcome(s))
	}
	return out
}

// TestDashboardShowsOurMetrics: a graph of a metric that nobody prints stays empty for ever.
func TestDashboardShowsOurMetrics(t *testing.T) {
	body := fullHub(t).properties("Dashboard")["DashboardBody"].(string)
	known, shown := metricNames(), 0
	for _, widget := range at(t, unmarshal(t, body), "widgets").([]any) {
		metrics, _ := object(t, widget, "properties")["metrics"].([]any)
		for _, name := range ourMetrics(t, metrics) {
			shown++
			if !slices.Contains(known, name) {
				t.Errorf("the dashboard shows %s, which nobody prints", name)
			}
		}
	}
	if shown < 10 {
		t.Errorf("the dashboard shows %d metrics of ours, want the outcomes", shown)
	}
}

// ourMetrics reads the rows of a widget, in which "." repeats what stands above.
func ourMetrics(t *testing.T, rows []any) []string {
	t.Helper()
	var out []string
	namespace, name := "", ""
	for _, cells := range rows {
		row := texts(t, firstTexts(cells))
		if len(row) < 2 {
			continue // an expression, or the metric above with another statistic
		}
		if row[0] != "." {
			namespace = row[0]
		}
		if row[1] != "." {
			name = row[1]
		}
		if namespace == names.ServiceMetrics {
			out = append(out, name)
		}
	}
	return out
}

// TestAlarmsHearOurMetrics: the alarms have no dimension, so the metrics must be printed without one too.
func TestAlarmsHearOurMetrics(t *testing.T) {
	failed := []audit.Line{{Event: audit.Finished, Control: "S3.8", Status: string(run.StatusFailed)}}
	for resource, tc := range map[string]struct {
		metric string
		lines  []audit.Line
		sweeps int
	}{
		"NotFixedAlarm": {metric.NotFixed, failed, 0},
		"NoSweepAlarm":  {metric.Swept, nil, 1},
		"NotFedAlarm":   {metric.NotFed, []audit.Line{{Event: audit.NotFed}}, 0},
	} {
		alarm := fullHub(t).properties(resource)
		if alarm["Namespace"] != names.ServiceMetrics || alarm["MetricName"] != tc.metric || alarm["Dimensions"] != nil {
			t.Errorf("%s looks at %v %v %v", resource, alarm["Namespace"], alarm["MetricName"], alarm["Dimensions"])
		}
		lines, err := metric.Lines(time.Now(), tc.lines, tc.sweeps)
		if err != nil {
			t.Fatal(err)
		}
		doc := unmarshal(t, string(lines))
		spec := at(t, doc, "_aws", "CloudWatchMetrics").([]any)[0]
		sets := object(t, spec)["Dimensions"].([]any)
		if !slices.ContainsFunc(sets, func(set any) bool { return len(set.([]any)) == 0 }) {
			t.Errorf("%s: dimensions %v", resource, sets)
		}
		if object(t, doc)[tc.metric] != 1.0 {
			t.Errorf("%s: %s is not printed: %s", resource, tc.metric, lines)
		}
	}
}

// TestSweepsRingInTime: a sweep a minute is enough for each period of the alarm, with one or two lost.
func TestSweepsRingInTime(t *testing.T) {
	alarm := fullHub(t).properties("NoSweepAlarm")
	if period := time.Duration(alarm["Period"].(float64)) * time.Second; period < 3*names.SweepEvery {
		t.Errorf("a period of %v for sweeps every %v", period, names.SweepEvery)
	}
}

// firstTexts are the texts a row of metrics begins with; options may follow.
func firstTexts(row any) any {
	var out []any
	for _, cell := range row.([]any) {
		if _, ok := cell.(string); !ok {
			break
		}
		out = append(out, cell)
	}
	return out
}
