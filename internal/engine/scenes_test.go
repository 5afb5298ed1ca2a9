package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

// scene is a world in which one row of the table is brought about: a store with a finding.
type scene struct {
	*testing.T
	outcome.Cell
	w         *enginetest.World
	p         *enginetest.Process
	store, id string
	fix       *run.Run // that came before

	before map[string]func() error // an operation, once
	after  map[string]func()

	told, lines  int    // how many there were before what the row is about
	status, note string // of the finding then
}

func newScene(t *testing.T, c outcome.Cell) *scene {
	t.Helper()
	s := &scene{T: t, Cell: c, w: enginetest.New(t), after: map[string]func(){}, before: map[string]func() error{}}
	s.p = s.w.Stoppable(func(_ context.Context, c enginetest.Call) error {
		if do := s.before[c.Operation]; do != nil && !c.Done {
			delete(s.before, c.Operation)
			return do()
		}
		if do := s.after[c.Operation]; do != nil && c.Done {
			delete(s.after, c.Operation)
			do()
		}
		return nil
	})
	s.store = s.w.Store(t, enginetest.Block(false, false, false, false))
	s.id = s.w.Report(t, enginetest.Spec(s.store))
	return s
}

// asks is whoever the row says, who wants the store fixed, or its fix taken back.
func (s *scene) asks() {
	s.Helper()
	var err error
	switch s.Trigger {
	case outcome.Reported:
		s.p.Handled(s.T, s.w.Imported(s.T, s.id))
	case outcome.Click:
		s.p.Handled(s.T, s.w.Click(s.T, s.id))
	case outcome.Operator:
		wish := enginetest.Wish(s.store)
		known := s.w.Known(s.T, s.id)
		known.Checked = s.w.Clock.Now()
		wish.Findings = []run.Finding{known}
		_, err = s.p.Apply(s.Context(), wish)
	case outcome.Undo:
		_, err = s.p.Undo(s.Context(), s.fix.ID, "alice")
	case outcome.LateUndo:
		s.before["AssumeRole"] = enginetest.Throttled
		if _, err = s.p.Undo(s.Context(), s.fix.ID, "alice"); err == nil {
			s.w.Clock.Move(enginetest.Later)
			s.begin()
			s.p.Handled(s.T, enginetest.Sweep())
		}
	case outcome.Check:
		s.p.Handled(s.T, enginetest.Sweep())
	case outcome.PlanClick:
		s.p.Handled(s.T, s.w.Press(s.T, names.ActionPlan, s.id))
	case outcome.UndoClick:
		s.p.Handled(s.T, s.w.Press(s.T, names.ActionUndo, s.id))
	}
	if err != nil {
		s.Fatal(err)
	}
}

// undoes tells that the row is about an undo.
func (s *scene) undoes() bool {
	return s.Trigger == outcome.Undo || s.Trigger == outcome.LateUndo || s.Trigger == outcome.UndoClick
}

// ready is the time before: of an undo the fix is made and told.
func (s *scene) ready() {
	if s.undoes() && s.fix == nil {
		s.fixedBefore()
	}
	s.begin()
}

// plainly is a scene in which nothing is in the way.
func plainly(s *scene) {
	s.ready()
	s.asks()
}

// answering is a scene in which the store answers with an error, from the beginning or after the write.
func answering(answer error) func(*scene) {
	return func(s *scene) {
		s.ready()
		fail := func() { s.w.Fail("GetBlock", answer) }
		if s.Written {
			s.after["PutBlock"] = fail
		} else {
			fail()
		}
		s.asks()
	}
}

// gone is a scene in which the store is not there, and is not a minute later: what was put off meanwhile does not
// count.
func gone(s *scene) {
	answering(fault.New(fault.Gone, "there is no such store"))(s)
	if r := s.w.Runs()[len(s.w.Runs())-1]; r.Status == run.StatusDeferred {
		s.lines = len(s.p.Audited())
		s.w.Clock.Move(time.Minute)
		s.p.Handled(s.T, enginetest.Sweep())
	}
}

// inPart is an undo that ends with an error when it has put back one of four.
func inPart(s *scene) {
	s.fixedBefore()
	s.begin()
	s.before["PutBlock"] = func() error {
		s.w.SetFlags(s.T, s.store, enginetest.Block(false, true, true, true))
		return fault.New(fault.Invalid, "that makes no sense")
	}
	s.asks()
}

// resting is work that is asked for once more than it may be begun.
func resting(s *scene) {
	s.w.Config = enginetest.Modes(gate.Plan)
	times, apart := run.Remembered, time.Second
	if s.Trigger == outcome.Reported {
		times, apart = 4, 6*time.Minute
	}
	for range times {
		s.asks()
		s.w.Clock.Move(apart)
	}
	s.w.Clock.Move(s.p.Digest)
	s.p.Handled(s.T, enginetest.Sweep()) // of the plans before
	s.begin()
	s.asks()
}

// limited is an account that has had its share.
func limited(s *scene) {
	_, drawn, err := s.w.Ledger.Draw(s.Context(), enginetest.Member, time.Hour, s.w.Clock.Now(), time.Time{})
	if err != nil || !drawn {
		s.Fatal(drawn, err)
	}
	plainly(s)
}

// closed is a day on which changes are frozen.
func closed(s *scene) {
	s.w.Config.Freezes = []gate.Freeze{{From: "2026-01-01", To: "2026-12-31", TZ: "UTC", Reason: "year end"}}
	plainly(s)
}

// full is work that waits with as many findings as its run can answer.
func full(s *scene) {
	resting(s)
	const enough = 300
	for i := range enough {
		s.id = s.w.Numbered(s.T, enginetest.Spec(s.store), 100+i)
		if i == enough-1 {
			s.begin()
		}
		s.asks()
	}
}

// lost is a scene in which the write does not last: something else is there at once, or what was there before.
func lost(s *scene) {
	s.ready()
	was, other := s.w.Flags(s.store), enginetest.Block(true, false, true, false)
	if s.Written {
		was = other
	}
	s.after["PutBlock"] = func() { s.w.SetFlags(s.T, s.store, was) }
	s.asks()
}

// with changes the declaration of Store.3.
func (s *scene) with(change func(*control.Info)) {
	c, _ := enginetest.Registry(s.T).Get("Store.3")
	change(&c.Info)
	s.p.Controls = enginetest.RegistryOf(s.T, c)
}

// slow is a scene in which AWS takes its time.
func slow(s *scene) {
	if s.undoes() {
		s.fixedBefore()
	}
	s.with(func(i *control.Info) { i.Settle = control.Settle{Typical: 10 * time.Minute, Within: 2 * time.Hour} })
	lost(s)
}

// unattended is a scene in which AWS asks somebody, who does nothing.
func unattended(s *scene) {
	s.with(func(i *control.Info) {
		i.Waits = map[string]control.Wait{"*": {For: "somebody to confirm", Within: time.Hour}}
	})
	s.after["PutBlock"] = func() { s.w.SetFlags(s.T, s.store, enginetest.Block(true, false, true, false)) }
	s.asks()
	s.w.Clock.Move(2 * time.Hour)
	s.begin()
	s.p.Handled(s.T, enginetest.Sweep())
}

// unproven is a runbook of somebody else that goes well, where nothing can read what it did.
func unproven(s *scene) {
	b := booked(s.w)
	b.on(s.T, s.p)
	own := s.p.Map
	s.p.Map = func(_ string, m control.Mapping) (control.Control, error) {
		c, err := own("Store.9", m)
		c.ID = "Store.3"
		return c, err
	}
	b.mapped("Store.3", automatic())
	s.asks()
	s.w.Clock.Move(time.Minute)
	s.begin()
	s.p.Handled(s.T, enginetest.Sweep())
}

func compliant(s *scene) {
	s.w.SetFlags(s.T, s.store, enginetest.Block(true, true, true, true))
	plainly(s)
}

// undone puts back what the fix changed, or finds it back already.
func undone(s *scene) {
	s.fixedBefore()
	if !s.Written {
		s.w.SetFlags(s.T, s.store, enginetest.Block(false, false, false, false))
	}
	s.begin()
	s.asks()
}

// letGo is a run that waits while its finding is suppressed.
func letGo(s *scene) {
	s.w.Fail("GetBlock", enginetest.Throttled())
	s.asks()
	s.w.Heal()
	s.w.Mark(s.T, s.id, finding.Suppressed)
	s.w.Clock.Move(enginetest.Later)
	s.begin()
	s.p.Handled(s.T, enginetest.Sweep())
}

// withoutRole is an account that lacks the role, from the beginning or after the write.
func withoutRole(s *scene) {
	s.ready()
	missing := func() {
		s.w.Fail("GetBlock", fault.New(fault.NotOnboarded, "there is no role"))
		s.w.Distrust(enginetest.Member)
	}
	if s.Written {
		s.after["PutBlock"] = missing
	} else {
		missing()
	}
	if s.Outcome == outcome.AwaitsRole && s.Trigger == outcome.Click { // who clicks on what waits already
		s.p.Handled(s.T, s.w.Imported(s.T, s.id))
	}
	s.asks()
}

// differently is Security Hub's check after a fix, or after a read, that sees the control as failed or passed.
func differently(says string) func(*scene) {
	return func(s *scene) {
		if s.Trigger != outcome.Check || s.Written {
			s.fixedBefore()
		} else {
			s.w.SetFlags(s.T, s.store, enginetest.Block(true, true, true, true))
			s.fixedBefore()
		}
		s.w.Clock.Move(time.Hour)
		s.w.Answer(s.T, s.store, s.id, says)
		if s.Trigger == outcome.Check {
			s.w.Clock.Move(36 * time.Hour)
		} else {
			s.w.Clock.Move(time.Second)
			s.w.Mark(s.T, s.id, finding.New)
		}
		s.begin()
		s.asks()
	}
}

func marked(status string) func(*scene) {
	return func(s *scene) {
		if s.undoes() {
			s.fixedBefore()
		}
		s.w.Mark(s.T, s.id, status)
		plainly(s)
	}
}
