package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// TestConfirmation: a day and a half after a fix Security Hub is asked whether
// it agrees; where it does not, the finding goes back to people.
func TestConfirmation(t *testing.T) {
	const day = 24 * time.Hour
	tests := map[string]struct {
		// says is what Security Hub writes after the fix: a compliance status, or nothing.
		says     string
		moves    []time.Duration
		want     run.Confirmed
		workflow hubtypes.WorkflowStatus
		notices  int
	}{
		"passed":            {"PASSED", []time.Duration{36 * time.Hour}, run.ConfirmedPassed, "RESOLVED", 0},
		"not asked yet":     {"FAILED", []time.Duration{34 * time.Hour}, "", "RESOLVED", 0},
		"still failed":      {"FAILED", []time.Duration{36 * time.Hour}, run.ConfirmedDisputed, "NOTIFIED", 1},
		"told once":         {"FAILED", []time.Duration{2 * day, 2 * day}, run.ConfirmedDisputed, "NOTIFIED", 1},
		"has not looked":    {"", []time.Duration{36 * time.Hour}, "", "RESOLVED", 0},
		"has never looked":  {"", []time.Duration{2 * day, 2 * day, 2 * day, 2 * day}, run.ConfirmedNever, "RESOLVED", 0},
		"archived":          {"ARCHIVED", []time.Duration{36 * time.Hour}, run.ConfirmedGone, "RESOLVED", 0},
		"no data any more":  {"NOT_AVAILABLE", []time.Duration{36 * time.Hour}, "", "RESOLVED", 0},
		"suppressed by man": {"SUPPRESSED", []time.Duration{36 * time.Hour}, run.ConfirmedDisputed, "SUPPRESSED", 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.start(t)
			bucket := w.bucket(t, nil)
			spec := w.spec(bucket)
			spec.At = w.clock.Now() // the fix comes no earlier
			id := w.report(t, spec)
			p.handle(t, w.imported(t, id))
			w.clock.move(time.Hour)
			p.handle(t, sweep()) // the digest
			told := len(p.told())
			w.answer(t, bucket, id, tt.says)
			for _, d := range tt.moves {
				w.clock.move(d)
				p.handle(t, sweep())
			}
			if r := w.only(t); r.Confirmed != tt.want {
				t.Errorf("confirmed %q, want %q", r.Confirmed, tt.want)
			}
			w.says(t, id, tt.workflow)
			notices := p.told()[told:]
			if len(notices) != tt.notices {
				t.Errorf("told %+v", notices)
			}
			for _, n := range notices {
				if n.Kind != notice.Disputed || !strings.Contains(n.ToDo, "salve verify r") {
					t.Errorf("told %+v", n)
				}
			}
		})
	}
}

// answer is what becomes of a finding after the fix.
func (w *world) answer(t *testing.T, bucket, id, says string) {
	t.Helper()
	spec := w.spec(bucket)
	spec.At = w.clock.Now()
	switch says {
	case "":
		return
	case "ARCHIVED":
		spec.RecordState = says
	case "SUPPRESSED":
		w.mark(t, id, hubtypes.WorkflowStatusSuppressed)
	default:
		spec.Status = says
	}
	w.report(t, spec)
}

// mark sets a finding's workflow status, as a person does.
func (w *world) mark(t *testing.T, id string, status hubtypes.WorkflowStatus) {
	t.Helper()
	f := w.finding(t, id)
	_, err := securityhub.NewFromConfig(w.Root(w.Hub())).BatchUpdateFindings(t.Context(),
		&securityhub.BatchUpdateFindingsInput{
			FindingIdentifiers: []hubtypes.AwsSecurityFindingIdentifier{{Id: f.Id, ProductArn: f.ProductArn}},
			Workflow:           &hubtypes.WorkflowUpdate{Status: status},
		})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTugOfWar: what somebody changes back every day is fixed three times, then
// left alone and told.
func TestTugOfWar(t *testing.T) {
	w := newWorld(t)
	p := w.start(t)
	bucket := w.bucket(t, nil)
	id := w.report(t, w.spec(bucket))
	event := func() {
		t.Helper()
		w.setFlags(t, bucket, block(false, false, false, false))
		w.mark(t, id, hubtypes.WorkflowStatusNew) // as Security Hub does when a control fails again
		p.handle(t, w.imported(t, id))
		w.clock.move(24 * time.Hour)
	}
	for range 3 {
		event()
	}
	if w.puts(bucket) != 3 {
		t.Fatalf("%d writes", w.puts(bucket))
	}
	event()
	w.says(t, id, hubtypes.WorkflowStatusNotified)
	event()
	if w.blocked(t, bucket) || len(w.runs(t)) != 3 {
		t.Errorf("fixed again: %d runs", len(w.runs(t)))
	}
	var reverted []notice.Notice
	for _, n := range p.told() {
		if n.Kind == notice.Reverted {
			reverted = append(reverted, n)
		}
	}
	if len(reverted) != 1 || reverted[0].Until.IsZero() || reverted[0].RunID != "" ||
		!strings.HasPrefix(reverted[0].ToDo, "salve apply S3.8 arn:aws:s3:::") {
		t.Errorf("told %+v", reverted)
	}
	w.clock.move(7 * 24 * time.Hour)
	event()
	if len(w.runs(t)) != 4 {
		t.Error("the hold does not end")
	}
}
