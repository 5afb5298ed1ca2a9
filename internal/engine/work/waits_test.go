package work_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

const (
	ann      = "ann@example.org"
	question = "somebody to confirm the subscription of ann@example.org to alarms"
)

// unsubscribed is a member with nobody to tell, in whose configuration ann is to
// be rung. It returns the finding that says so.
func unsubscribed(t *testing.T, w *enginetest.World) (id string) {
	t.Helper()
	w.Config = gate.Config{Version: gate.Version, Controls: map[string]gate.Rule{
		"Post.1": {Mode: gate.Auto, Parameters: map[string]any{"subscribe": ann}},
	}}
	spec := enginetest.Spec(enginetest.Account().Resource)
	spec.Control, spec.ResourceType = "Post.1", "AwsAccount"
	return w.Report(t, spec)
}

// TestWaitsForAPerson: a run that needs somebody's confirmation parks without holding a process, says whose, asks
// once, and ends when it is given, days later.
func TestWaitsForAPerson(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	id := unsubscribed(t, w)
	began := w.Clock.Now()
	p.Handled(t, w.Imported(t, id))

	if took := w.Clock.Now().Sub(began); took > 0 {
		t.Errorf("the process waited %v for a person", took)
	}
	r := parked(t, w)
	w.Shows(t, id, finding.Notified, "It waits for "+question+".", r.ID,
		"Expected by "+r.Written.Add(48*time.Hour).UTC().Format("2006-01-02 15:04"))
	if bell, _, _ := w.Bell(); !bell || len(p.Told()) != 0 {
		t.Errorf("told %v; bell %v", p.Told(), bell)
	}
	for range 3 {
		w.Clock.Move(12 * time.Hour)
		p.Handled(t, enginetest.Sweep())
		parked(t, w)
	}
	w.Inbox.Confirmed = true
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	if r = w.Ended(t, run.StatusVerified); w.Inbox.Mails != 1 || r.Reason != "" {
		t.Errorf("%d mails; reason %q", w.Inbox.Mails, r.Reason)
	}
	w.Shows(t, id, finding.Resolved, "Salve fixed Post.1")
}

// parked is the one run there is, which waits for ann and keeps its lock.
func parked(t *testing.T, w *enginetest.World) *run.Run {
	t.Helper()
	r := w.Only(t)
	if r.State != run.StateParked || !strings.Contains(r.Reason, question) || len(w.Ledger.Locks()) != 1 {
		t.Fatalf("run is %s, %s (%s); locks %v", r.State, r.Status, r.Reason, w.Ledger.Locks())
	}
	return r
}

// TestOtherAddressWhileARunWaits: the run that waits cannot take another
// parameter. It is named, can be taken back at once, and then the right address is asked.
func TestOtherAddressWhileARunWaits(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	id := unsubscribed(t, w)
	p.Handled(t, w.Imported(t, id))
	waiting := parked(t, w)
	request := work.Request{
		Control: "Post.1", Actor: "alice", Scope: enginetest.Region, Target: waiting.Target(),
		Params: map[string]any{"subscribe": "right@example.org"},
	}
	if r, err := p.Apply(t.Context(), request); fault.Of(err) != fault.Refused ||
		!strings.Contains(err.Error(), waiting.ID+" came first with other parameters") {
		t.Errorf("apply %+v, %v", r, err)
	}
	if _, err := p.PreviewUndo(t.Context(), work.Takeback{Run: waiting.ID}); err != nil {
		t.Errorf("preview: %v", err)
	}
	undone := w.TakenBack(t, p, waiting)
	w.Shows(t, id, finding.New, "taken back by alice")
	if bell, _, _ := w.Bell(); bell {
		t.Error("the bell is left")
	}
	if r, err := p.Ledger.Get(t.Context(), waiting.ID); err != nil || r.Status != run.StatusUnverified ||
		r.State != run.StateClosed || r.UndoneBy != undone.ID {
		t.Errorf("the run that waited is %+v, %v", r, err)
	}
	w.Inbox.Confirmed = true
	if r, err := p.Apply(t.Context(), request); err != nil || r.Status != run.StatusVerified {
		t.Errorf("apply %+v, %v", r, err)
	}
}

// TestUndoLeavesWhatOthersUse: the undo of a run that made a line takes the bell away, and nothing that others may use.
func TestUndoLeavesWhatOthersUse(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	id := unsubscribed(t, w)
	w.Inbox.Confirmed = true
	p.Handled(t, w.Imported(t, id))
	w.TakenBack(t, p, w.Ended(t, run.StatusVerified))
	bell, line, asked := w.Bell()
	if bell || !line || !slices.Equal(asked, []string{ann + " to alarms"}) {
		t.Errorf("after the undo bell %v, line %v, subscriptions %v", bell, line, asked)
	}
}

// TestWaitsInVain: when the time that a confirmation can be given is over, people are told what was missing.
func TestWaitsInVain(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	id := unsubscribed(t, w)
	p.Handled(t, w.Imported(t, id))
	for range 7 {
		w.Clock.Move(12 * time.Hour)
		p.Handled(t, enginetest.Sweep())
	}
	w.Ended(t, run.StatusUnverified)
	w.Shows(t, id, finding.Notified, "waited in vain for "+question)
	told := p.Told()
	if len(told) != 1 || told[0].Kind != notice.Unverified || !strings.Contains(told[0].Why, question) {
		t.Errorf("told %+v", told)
	}
	if w.Inbox.Mails != 1 {
		t.Errorf("%d mails", w.Inbox.Mails)
	}
}

// TestOnlyPeopleGetThatLong: while AWS itself owes anything the control's own time holds, and people are told of a
// failure at once, however long a person's part may take.
func TestOnlyPeopleGetThatLong(t *testing.T) {
	for name, tc := range map[string]struct {
		takes int // how many of A and B are shown, in this order
		want  run.Status
	}{
		"A and B are missing": {0, run.StatusUnverified},
		"B is missing":        {1, run.StatusParked},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			x := &pair{takes: tc.takes}
			p := x.of(t, w.Start(), func(i *control.Info) {
				i.Waits = map[string]control.Wait{"B": {For: "somebody to press", Within: 48 * time.Hour}}
			})
			p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))))
			r := w.Only(t)
			if r.Status != tc.want || (r.Reason == "It waits for somebody to press B.") != (tc.want == run.StatusParked) {
				t.Errorf("run is %s (%s), want %s", r.Status, r.Reason, tc.want)
			}
			if told := len(p.Told()); (told == 1) != (tc.want == run.StatusUnverified) {
				t.Errorf("%d notices", told)
			}
		})
	}
}

// TestAWaitingRunKeepsTheQuote: what a person had written stands in front of what Salve says while it waits, and of
// what it says in the end.
func TestAWaitingRunKeepsTheQuote(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	id := unsubscribed(t, w)
	w.Comment(t, id, finding.New, "who owns this?")
	p.Handled(t, w.Imported(t, id))
	w.Shows(t, id, finding.Notified, `Note before: "who owns this?" Salve is working on Post.1`)
	w.Inbox.Confirmed = true
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	w.Ended(t, run.StatusVerified)
	w.Shows(t, id, finding.Resolved, `Note before: "who owns this?" Salve fixed Post.1`)
}
