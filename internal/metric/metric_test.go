package metric_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/metric"
	"github.com/salve-security/salve/internal/run"
)

func began() time.Time { return time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC) }

// ended is the audit line of a run that took seconds from its event on.
func ended(control string, status run.Status, seconds float64) audit.Line {
	return audit.Line{
		Event: audit.Finished, Control: control, Status: string(status), Asked: began(),
		Time: began().Add(time.Duration(seconds * float64(time.Second))),
	}
}

// decode reads lines as CloudWatch does: JSON, one document a line.
func decode(t *testing.T, text []byte) []map[string]any {
	t.Helper()
	var docs []map[string]any
	for line := range bytes.Lines(text) {
		var doc map[string]any
		if err := json.Unmarshal(line, &doc); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		docs = append(docs, doc)
	}
	return docs
}

func lines(t *testing.T, batch []audit.Line) []map[string]any {
	t.Helper()
	text, err := metric.Lines(began(), batch, 0)
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, text)
}

// TestFormat holds one line against the words of the specification.
func TestFormat(t *testing.T) {
	text, err := metric.Lines(began(), []audit.Line{ended("S3.8", run.StatusVerified, 1.5)}, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Control":"S3.8","Seconds":[1.5],"Verified":1,"_aws":{"CloudWatchMetrics":[{` +
		`"Dimensions":[["Control"],[]],"Metrics":[{"Name":"Verified","Unit":"Count"},` +
		`{"Name":"Seconds","Unit":"Seconds"}],"Namespace":"Salve"}],"Timestamp":1795255200000}}` + "\n"
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCounts(t *testing.T) {
	tests := map[string]struct {
		line audit.Line
		want map[string]float64
	}{
		"verified":   {ended("S3.8", run.StatusVerified, 1), map[string]float64{"Verified": 1}},
		"compliant":  {ended("S3.8", run.StatusCompliant, 1), map[string]float64{"Compliant": 1}},
		"asks":       {ended("S3.8", run.StatusAwaitingApproval, 1), map[string]float64{"AwaitingApproval": 1}},
		"failed":     {ended("S3.8", run.StatusFailed, 1), map[string]float64{"Failed": 1, "NotFixed": 1}},
		"denied":     {ended("S3.8", run.StatusDenied, 1), map[string]float64{"Denied": 1, "NotFixed": 1}},
		"unverified": {ended("S3.8", run.StatusUnverified, 1), map[string]float64{"Unverified": 1, "NotFixed": 1}},
		"refused":    {ended("S3.8", run.StatusRefused, 1), map[string]float64{"Refused": 1}},
		"gate":       {audit.Line{Event: audit.Refused, Control: "S3.8"}, map[string]float64{"Refused": 1}},
		"deferred": {
			audit.Line{Event: audit.Deferred, Control: "S3.8", Status: "deferred"},
			map[string]float64{"Deferred": 1},
		},
		"rejected":       {audit.Line{Event: audit.Rejected}, map[string]float64{"Rejected": 1}},
		"comes again":    {audit.Line{Event: audit.MessageFailed}, map[string]float64{"Trouble": 1}},
		"not settled":    {audit.Line{Event: audit.NotSettled}, map[string]float64{"Trouble": 1}},
		"not synced":     {audit.Line{Event: audit.NotSynced}, map[string]float64{"Trouble": 1}},
		"not tripped":    {audit.Line{Event: audit.NotTripped}, map[string]float64{"Trouble": 1}},
		"tripped":        {audit.Line{Event: audit.Tripped, Control: "S3.8"}, map[string]float64{"Tripped": 1}},
		"recurred":       {audit.Line{Event: audit.Recurred}, map[string]float64{"Recurred": 1}},
		"unreadable":     {audit.Line{Event: audit.Unreadable}, map[string]float64{"Unreadable": 1}},
		"still fixed":    {audit.Line{Event: audit.Stands}, map[string]float64{}},
		"not told":       {audit.Line{Event: audit.NotTold}, map[string]float64{"Trouble": 1}},
		"dropped":        {audit.Line{Event: audit.Dropped}, map[string]float64{}},
		"lost":           {audit.Line{Event: audit.Lost, Control: "S3.8"}, map[string]float64{}},
		"a nudge failed": {audit.Line{Event: audit.NudgeFailed, Control: "S3.8"}, map[string]float64{}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := map[string]float64{}
			for _, doc := range lines(t, []audit.Line{tc.line}) {
				for name, value := range doc {
					if n, ok := value.(float64); ok {
						got[name] = n
					}
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestOneLineAControl: a batch costs as many lines as controls were at work.
func TestOneLineAControl(t *testing.T) {
	docs := lines(t, []audit.Line{
		ended("S3.8", run.StatusVerified, 1), ended("EC2.19", run.StatusFailed, 2), ended("S3.8", run.StatusVerified, 3),
		{Event: audit.Rejected},
	})
	var got []string
	for _, doc := range docs {
		got = append(got, fmt.Sprintf("%v verified %v failed %v rejected %v after %v",
			doc["Control"], doc["Verified"], doc["Failed"], doc["Rejected"], doc["Seconds"]))
	}
	want := []string{
		"<nil> verified <nil> failed <nil> rejected 1 after <nil>",
		"EC2.19 verified <nil> failed 1 rejected <nil> after [2]",
		"S3.8 verified 2 failed <nil> rejected <nil> after [1 3]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := lines(t, nil); len(got) != 0 {
		t.Errorf("a batch without news printed %v", got)
	}
}

// TestNoControlNoDimension: CloudWatch drops a metric whose dimension has no value.
func TestNoControlNoDimension(t *testing.T) {
	text, err := metric.Lines(began(), []audit.Line{{Event: audit.Rejected}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(`"Dimensions":[[]]`)) || bytes.Contains(text, []byte("Control\"")) {
		t.Errorf("line %s", text)
	}
}

// TestManyDurations: the format takes 100 values of one metric; a sweep can end more runs.
func TestManyDurations(t *testing.T) {
	var batch []audit.Line
	for i := range 250 {
		batch = append(batch, ended("S3.8", run.StatusVerified, float64(i)))
	}
	var sizes []int
	counted := 0.0
	for _, doc := range lines(t, batch) {
		seconds, _ := doc["Seconds"].([]any)
		sizes = append(sizes, len(seconds))
		if n, ok := doc["Verified"].(float64); ok {
			counted += n
		}
	}
	if diff := cmp.Diff([]int{100, 100, 50}, sizes); diff != "" || counted != 250 {
		t.Errorf("%v runs counted, durations a line (-want +got):\n%s", counted, diff)
	}
}

// TestClocksDisagree: an event from the future did not take less than no time;
// a run without an event took no time at all.
func TestClocksDisagree(t *testing.T) {
	early, operator := ended("S3.8", run.StatusVerified, -3), ended("S3.8", run.StatusVerified, 1)
	operator.Asked = time.Time{}
	docs := lines(t, []audit.Line{early, operator})
	if diff := cmp.Diff([]any{0.0}, docs[0]["Seconds"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSweeps are printed for all controls together, however quiet it was, and beside whatever else belongs to none.
func TestSweeps(t *testing.T) {
	for name, tc := range map[string]struct {
		batch []audit.Line
		want  map[string]any
	}{
		"quiet":          {nil, map[string]any{"Swept": 2.0}},
		"beside trouble": {[]audit.Line{{Event: audit.NotSwept}}, map[string]any{"Swept": 2.0, "Trouble": 1.0}},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := metric.Lines(began(), tc.batch, 2)
			if err != nil {
				t.Fatal(err)
			}
			docs := decode(t, text)
			delete(docs[0], "_aws")
			if d := cmp.Diff([]map[string]any{tc.want}, docs); d != "" {
				t.Error(d)
			}
		})
	}
}
