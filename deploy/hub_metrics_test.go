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
	out := []string{metric.NotFixed, metric.Seconds, metric.Rejected, metric.Trouble}
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

// TestAlarmHearsOurMetric: the alarm has no dimension, so the metric must be printed without one too.
func TestAlarmHearsOurMetric(t *testing.T) {
	alarm := fullHub(t).properties("NotFixedAlarm")
	if alarm["Namespace"] != names.ServiceMetrics || alarm["MetricName"] != metric.NotFixed || alarm["Dimensions"] != nil {
		t.Errorf("the alarm looks at %v %v %v", alarm["Namespace"], alarm["MetricName"], alarm["Dimensions"])
	}
	lines, err := metric.Lines(time.Now(), []audit.Line{
		{Event: audit.Finished, Control: "S3.8", Status: string(run.StatusFailed)},
	})
	if err != nil {
		t.Fatal(err)
	}
	spec := at(t, unmarshal(t, string(lines)), "_aws", "CloudWatchMetrics").([]any)[0]
	sets := object(t, spec)["Dimensions"].([]any)
	if !slices.ContainsFunc(sets, func(set any) bool { return len(set.([]any)) == 0 }) {
		t.Errorf("dimensions %v", sets)
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
