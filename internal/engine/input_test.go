package engine_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/run"
)

type message = engine.Message

// input is something that should not be as it is: how the finding was written,
// what is wrong around it, what is wrong in the message. Without more it is a
// sound finding of Store.3, in mode auto, on a store without any block.
type input struct {
	spec  func(*labhub.FindingSpec)
	world func(*testing.T, *enginetest.World, sound)
	edit  func(body string, s sound) string

	imported answer
	click    *answer // where a person who asks gets another one
}

// sound is what an input is made from.
type sound struct {
	hub, account, other, region, store, id string
	was                                    string
}

// answer is all that comes of an input. The message is always acknowledged.
type answer struct {
	audit  string // the event of the one audit line; empty for none
	reason string // part of that line, or of the reason in the dead letter queue
	dead   bool   // the message is kept in the dead letter queue
	run    run.Status
	note   []string // parts of the note; none: the finding is as Security Hub wrote it
	status string   // empty: the one it had
	fixed  bool     // the store is, by one write
	probed bool     // the run waits for its account, which sweeps try: no message is needed
}

// TestBadInput goes through all that may arrive. What is not listed under an
// answer does not happen: no call that writes, no item, no note.
//
// Elsewhere: an open run of a newer version (TestRunOfANewerVersion), a store
// that goes away during the run (TestStoreGone), several findings in a message
// (TestManyFindings), hostile texts (TestHostileFinding, TestHostileResource).
func TestBadInput(t *testing.T) {
	for group, inputs := range map[string]map[string]input{
		"message": badMessages(), "identity": forgedFindings(), "resource": forgedResources(), "state": closedFindings(),
		"surroundings": badSurroundings(),
	} {
		for name, in := range inputs {
			t.Run(group+"/"+name+"/imported", func(t *testing.T) { in.check(t, (*enginetest.World).Imported, in.imported) })
			click := in.imported
			if in.click != nil {
				click = *in.click
			}
			t.Run(group+"/"+name+"/click", func(t *testing.T) { in.check(t, (*enginetest.World).Click, click) })
		}
	}
}

func (in input) check(t *testing.T, event func(*enginetest.World, *testing.T, ...string) message, want answer) {
	t.Helper()
	w := enginetest.New(t)
	s := sound{
		hub: enginetest.Hub, account: enginetest.Member, other: enginetest.Other, region: enginetest.Region,
		store: w.Store(t, nil),
	}
	spec := enginetest.Spec(s.store)
	if in.spec != nil {
		in.spec(&spec)
	}
	s.id = w.Report(t, spec)
	s.was = w.Finding(t, s.id).Workflow.Status
	m := event(w, t, s.id)
	if in.edit != nil {
		edited := in.edit(m.Body, s)
		if edited == m.Body {
			t.Fatalf("the message does not have what should be edited: %s", m.Body)
		}
		m.Body = edited
	}
	if in.world != nil {
		in.world(t, w, s)
	}
	p := w.Start()
	w.ClearCalls()
	p.Handled(t, m)
	answered(t, w, p, m, s, want)
}

// answered checks an answer, and that nothing else was done.
func answered(t *testing.T, w *enginetest.World, p *enginetest.Process, m message, s sound, want answer) {
	t.Helper()
	if writes, may := operations(w), want.operations(); !slices.Equal(writes, may) {
		t.Errorf("calls that write: %v, want %v", writes, may)
	}
	recorded(t, w, p, want)
	if want.note != nil {
		w.Shows(t, s.id, cmp.Or(want.status, s.was), want.note...)
	} else if f := w.Finding(t, s.id); f.Note.Text != "" || f.Workflow.Status != s.was {
		t.Errorf("finding is %s with note %+v, want it left alone", f.Workflow.Status, f.Note)
	}
	if want.dead {
		rejectedOnce(t, w, m.Body, want.reason)
	}
	if want.run != run.StatusGone && (w.Flags(s.store) != nil) != want.fixed {
		t.Errorf("flags %+v", w.Flags(s.store))
	}
}

// operations are the calls of an answer that write, but for the ledger's, in their order.
func (a answer) operations() []string {
	var may []string
	if a.fixed {
		may = append(may, "PutBlock")
	}
	if a.note != nil || a.fixed {
		may = append(may, "BatchUpdateFindings")
	}
	if a.dead {
		may = append(may, "Reject")
	}
	if a.run == run.StatusDeferred && !a.probed {
		may = append(may, "Nudge")
	}
	return may
}

// operations are the calls that wrote to resources, findings and queues.
func operations(w *enginetest.World) []string {
	var writes []string
	for _, c := range w.Written() {
		if c.Service != enginetest.People {
			writes = append(writes, c.Operation)
		}
	}
	return writes
}

// recorded checks ledger and audit log.
func recorded(t *testing.T, w *enginetest.World, p *enginetest.Process, want answer) {
	t.Helper()
	if runs := w.Runs(); want.run == "" {
		w.NothingStored(t)
	} else if len(runs) != 1 || runs[0].Status != want.run {
		t.Errorf("runs %+v, want one that is %s", runs, want.run)
	}
	lines := p.Audited()
	if want.audit == "" {
		if len(lines) > 0 {
			t.Errorf("audited %+v, want nothing", lines)
		}
		return
	}
	if len(lines) != 1 || lines[0].Event != want.audit || !strings.Contains(fmt.Sprint(lines[0]), want.reason) {
		t.Errorf("audited %+v, want one line %q with %q", lines, want.audit, want.reason)
	}
}

// rejectedOnce expects the message in the dead letter queue.
func rejectedOnce(t *testing.T, w *enginetest.World, body, reason string) {
	t.Helper()
	dead := w.Rejections()
	if len(dead) != 1 || dead[0].Body != body || !strings.HasPrefix(dead[0].Reason, "malformed event: ") ||
		!strings.Contains(dead[0].Reason, reason) {
		t.Errorf("rejected %.300v, want %q", dead, reason)
	}
}
