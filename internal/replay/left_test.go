package replay_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/rehearse"
	"github.com/salve-security/salve/internal/replay"
	"github.com/salve-security/salve/internal/run"
)

// left are findings of a scene, as somebody at a command line replays them.
func (s *scene) left(ids ...string) *replay.Left {
	s.Helper()
	p := s.w.Start()
	return &replay.Left{
		Findings: func(_ context.Context, each func([]finding.Raw) error) error {
			var page []finding.Raw
			for _, id := range ids {
				var raw finding.Raw
				if err := json.Unmarshal(s.w.Raw(s.T, id), &raw); err != nil {
					s.Fatal(err)
				}
				page = append(page, raw)
			}
			return each(page)
		},
		Runs: s.w.Ledger.History, Waiting: s.w.Ledger.Waiting, Engine: engine.New(p.Ports), Look: p.Look,
		Handle: func(ctx context.Context, batch []engine.Message) ([]string, []audit.Line) {
			failed := p.Handle(ctx, batch...)
			return failed, p.Audited()
		},
		Prove:     func(context.Context, replay.Open) error { return nil },
		Standards: enginetest.Standards{}, Hub: enginetest.Hub, Region: enginetest.Region, Now: s.w.Clock.Now,
		Query: run.Query{Since: s.w.Clock.Now().Add(-24 * time.Hour), Until: s.w.Clock.Now().Add(time.Minute)},
	}
}

// listed are the findings with what became of them, planned or carried out.
func (s *scene) listed(do func(context.Context, func(replay.Open) error) error) []replay.Open {
	s.Helper()
	var all []replay.Open
	if err := do(s.Context(), func(f replay.Open) error {
		all = append(all, f)
		return nil
	}); err != nil {
		s.Fatal(err)
	}
	return all
}

// TestLeft: what became of findings, what the gate says today, and what a replay makes of each.
func TestLeft(t *testing.T) {
	refuse := fault.New(fault.Refused, "it is full")
	for name, tc := range map[string]struct {
		then    func(*scene, engine.Message, string) // what happened at first
		now     gate.Mode
		status  run.Status // of the run that is named
		verdict rehearse.Verdict
		state   replay.State // planned
		fixed   bool         // by a replay
	}{
		"left alone in mode manual": {
			func(s *scene, m engine.Message, _ string) { s.handled(gate.Manual, m) },
			gate.Auto, "", rehearse.Act, replay.Waiting, true,
		},
		"still manual": {
			func(s *scene, m engine.Message, _ string) { s.handled(gate.Manual, m) },
			gate.Manual, "", rehearse.Ignore, replay.LeftAlone, false,
		},
		"refused": {
			func(s *scene, m engine.Message, _ string) {
				s.w.Fail("GetBlock", refuse)
				s.handled(gate.Auto, m)
				s.w.Heal()
			},
			gate.Auto, run.StatusRefused, rehearse.Act, replay.Waiting, true,
		},
		"refused, and off by now": {
			func(s *scene, m engine.Message, _ string) {
				s.w.Fail("GetBlock", refuse)
				s.handled(gate.Auto, m)
				s.w.Heal()
			},
			gate.Off, run.StatusRefused, rehearse.Refuse, replay.LeftAlone, false,
		},
		"told of, and on by now": {
			func(s *scene, m engine.Message, _ string) { s.handled(gate.Plan, m) },
			gate.Auto, run.StatusPlanned, rehearse.Act, replay.Waiting, true,
		},
		"told of": {
			func(s *scene, m engine.Message, _ string) { s.handled(gate.Plan, m) },
			gate.Plan, run.StatusPlanned, rehearse.Plan, replay.LeftAlone, false,
		},
		"waits for a person": {
			func(s *scene, m engine.Message, _ string) { s.handled(gate.Approve, m) },
			gate.Auto, run.StatusAwaitingApproval, rehearse.Ignore, replay.AtWork, false,
		},
		"deferred": {
			func(s *scene, m engine.Message, _ string) {
				s.w.Fail("GetBlock", enginetest.Throttled())
				s.handled(gate.Auto, m)
				s.w.Heal()
			},
			gate.Auto, run.StatusDeferred, rehearse.Act, replay.AtWork, false,
		},
		"notified by a person": {
			func(s *scene, _ engine.Message, id string) { s.w.Mark(s.T, id, finding.Notified) },
			gate.Auto, "", rehearse.Ignore, replay.LeftAlone, false,
		},
		"suppressed": {
			func(s *scene, _ engine.Message, id string) { s.w.Mark(s.T, id, finding.Suppressed) },
			gate.Auto, "", rehearse.Ignore, replay.LeftAlone, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			store, id, event := s.store()
			tc.then(s, event, id)
			s.w.Config = enginetest.Modes(tc.now)
			s.w.ClearCalls()
			got := s.listed(s.left(id).Plan)
			wantOpen(t, got, replay.Open{Verdict: tc.verdict, State: tc.state, Status: tc.status})
			if w := s.w.Written(); len(w) > 0 {
				t.Errorf("a plan wrote %v", w)
			}
			got = s.listed(s.left(id).Carry)
			if s.w.Blocked(store) != tc.fixed || (got[0].State == replay.Replayed) != tc.fixed {
				t.Errorf("fixed %v: %+v", s.w.Blocked(store), got)
			}
			if tc.fixed && got[0].Became != string(run.StatusVerified) {
				t.Errorf("became %s", got[0].Became)
			}
		})
	}
}

// wantOpen wants one finding with that said of it, and why.
func wantOpen(t *testing.T, got []replay.Open, want replay.Open) {
	t.Helper()
	if len(got) != 1 {
		t.Fatalf("planned %+v", got)
	}
	f := got[0]
	if f.Verdict != want.Verdict || f.State != want.State || f.Status != want.Status {
		t.Errorf("planned %+v, want %+v", f, want)
	}
	if f.Then == "" || f.Because == "" || (f.Run == "") != (want.Status == "") {
		t.Errorf("nobody knows why: %+v", f)
	}
}

// handled has an engine handle a message in a mode.
func (s *scene) handled(m gate.Mode, message engine.Message) {
	s.Helper()
	s.w.Config = enginetest.Modes(m)
	s.w.Start().Handled(s.T, message)
}

// TestLeftTwice: killed or run again, a replay does nothing twice.
func TestLeftTwice(t *testing.T) {
	s := newScene(t)
	s.w.Config = enginetest.Modes(gate.Auto)
	store, id, _ := s.store()
	l := s.left(id)
	handle := l.Handle
	l.Handle = func(ctx context.Context, batch []engine.Message) ([]string, []audit.Line) {
		handle(ctx, batch)
		panic("killed")
	}
	func() {
		defer func() { _ = recover() }()
		_ = l.Carry(t.Context(), func(replay.Open) error { return nil })
	}()
	s.listed(s.left(id).Carry)
	if s.w.Puts(store) != 1 || len(s.w.Runs()) != 1 {
		t.Errorf("%d writes, %d runs", s.w.Puts(store), len(s.w.Runs()))
	}
}

// TestLeftMeanwhile: what a person does between the list and its turn holds.
func TestLeftMeanwhile(t *testing.T) {
	s := newScene(t)
	s.w.Config = enginetest.Modes(gate.Auto)
	store, id, _ := s.store()
	l := s.left(id)
	look := l.Look
	l.Look = func(ctx context.Context, region string, keys []finding.Key) (map[finding.Key]finding.View, error) {
		s.w.Mark(t, id, finding.Suppressed)
		return look(ctx, region, keys)
	}
	got := s.listed(l.Carry)
	if len(got) != 1 || got[0].State != replay.LeftAlone || s.w.Blocked(store) || len(s.w.Runs()) != 0 {
		t.Errorf("%+v", got)
	}
}

// TestLeftOfOneControl: a pattern of controls narrows the list.
func TestLeftOfOneControl(t *testing.T) {
	s := newScene(t)
	_, id, _ := s.store()
	other := s.w.Of(t, "Store.1", s.w.Store(t, nil))
	l := s.left(id, other)
	l.Query.Control = "Store.1"
	if got := s.listed(l.Plan); len(got) != 1 || got[0].Finding != other {
		t.Errorf("%+v", got)
	}
}
