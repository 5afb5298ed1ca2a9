package sweep_test

import (
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
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
		workflow string
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
			w := enginetest.New(t)
			p := w.Start()
			store := w.Store(t, nil)
			spec := enginetest.Spec(store)
			spec.At = w.Clock.Now() // the fix comes no earlier
			id := w.Report(t, spec)
			p.Handled(t, w.Imported(t, id))
			w.Clock.Move(time.Hour)
			p.Handled(t, enginetest.Sweep()) // the digest
			told := len(p.Told())
			w.Answer(t, store, id, tt.says)
			for _, d := range tt.moves {
				w.Clock.Move(d)
				p.Handled(t, enginetest.Sweep())
			}
			if r := w.Only(t); r.Confirmed != tt.want {
				t.Errorf("confirmed %q, want %q", r.Confirmed, tt.want)
			}
			w.Says(t, id, tt.workflow)
			notices := p.Told()[told:]
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

// disputes is how often people were told that Security Hub disagrees.
func disputes(notices []notice.Notice) int {
	n := 0
	for _, one := range notices {
		if one.Kind == notice.Disputed {
			n++
		}
	}
	return n
}

// TestTwoSweepsDisputeOnce: the same for what Security Hub does not agree with.
func TestTwoSweepsDisputeOnce(t *testing.T) {
	for name, at := range map[string]string{"while it asks": "GetFindings", "while it tells": "BatchUpdateFindings"} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			_, id, fix := w.Disputable(t)
			second := w.Start()
			first := w.Start(enginetest.Meanwhile(at, func() { second.Handled(t, enginetest.Sweep()) }))
			first.Handled(t, enginetest.Sweep())
			if one, two := disputes(first.Told()), disputes(second.Told()); one+two != 1 {
				t.Errorf("told %d and %d times, want once", one, two)
			}
			w.Says(t, id, finding.Notified)
			if r, err := first.Ledger.Get(t.Context(), fix); err != nil || r.Confirmed != run.ConfirmedDisputed {
				t.Errorf("confirmed %q, %v", r.Confirmed, err)
			}
		})
	}
}

// TestUndoneIsNotDisputed: that Security Hub sees a fix as failed that was taken
// back is as it should be, also when it is taken back right now.
func TestUndoneIsNotDisputed(t *testing.T) {
	tests := map[string]func(t *testing.T, w *enginetest.World, undo func()) *enginetest.Process{
		"before": func(t *testing.T, w *enginetest.World, undo func()) *enginetest.Process {
			undo()
			return w.Start()
		},
		"while Security Hub is asked": func(t *testing.T, w *enginetest.World, undo func()) *enginetest.Process {
			return w.Start(enginetest.Meanwhile("GetFindings", undo))
		},
	}
	for name, begin := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			_, id, fix := w.Disputable(t)
			p := begin(t, w, func() {
				if _, err := w.Start().Undo(t.Context(), fix, "tester"); err != nil {
					t.Fatal(err)
				}
			})
			p.Handled(t, enginetest.Sweep())
			w.Clock.Move(48 * time.Hour)
			p.Handled(t, enginetest.Sweep())
			if n := disputes(p.Told()); n != 0 {
				t.Errorf("disputed %d times", n)
			}
			r, err := p.Ledger.Get(t.Context(), fix)
			if err != nil || r.UndoneBy == "" || r.Confirmed != "" || !r.Confirm.IsZero() {
				t.Errorf("undone by %q, confirmed %q, asked again at %v, %v", r.UndoneBy, r.Confirmed, r.Confirm, err)
			}
			w.Says(t, id, finding.New)
		})
	}
}

// TestLaterRunSpeaksForTheWork: what Security Hub says after a second fix is
// not held against the first.
func TestLaterRunSpeaksForTheWork(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store := w.Store(t, nil)
	spec := enginetest.Spec(store)
	spec.At = w.Clock.Now()
	id := w.Report(t, spec)
	p.Handled(t, w.Imported(t, id))
	w.Clock.Move(30 * time.Hour)
	w.SetFlags(t, store, enginetest.Block(false, false, false, false))
	spec.At = w.Clock.Now()
	w.Report(t, spec)
	w.Mark(t, id, finding.New)
	w.Clock.Move(time.Minute)
	p.Handled(t, w.Imported(t, id))
	w.Clock.Move(7 * time.Hour)
	p.Handled(t, enginetest.Sweep())
	w.Clock.Move(time.Minute)
	p.Handled(t, enginetest.Sweep())
	w.Says(t, id, finding.Resolved)
	said := map[run.Confirmed]int{}
	for _, r := range w.Runs() {
		said[r.Confirmed]++
	}
	if said[run.ConfirmedLater] != 1 || said[""] != 1 {
		t.Errorf("confirmed: %v", said)
	}
}
