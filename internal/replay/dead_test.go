package replay_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/deadletter"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/rehearse"
	"github.com/salve-security/salve/internal/replay"
	"github.com/salve-security/salve/internal/run"
)

// TestPlanLeavesLetters: each is listed with why it is there and what the gate says today, and stays to be seen.
func TestPlanLeavesLetters(t *testing.T) {
	s := newScene(t)
	_, _, event := s.store()
	s.q.post(event.Body, "")
	_, resolved, old := s.store()
	s.w.Mark(t, resolved, finding.Resolved) // the letter says NEW
	s.q.post(old.Body, "")
	s.q.post("{", "body is not the JSON of an event")
	s.w.ClearCalls()
	got := map[string]replay.Row{}
	if err := s.operator().Plan(t.Context(), func(r replay.Row) error {
		got[r.Letter] = r
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || s.q.visible() != 3 || len(s.w.Runs()) != 0 || len(s.w.Written()) != 0 {
		t.Errorf("%d rows, %d to be seen, %d runs, %v", len(got), s.q.visible(), len(s.w.Runs()), s.w.Written())
	}
	for letter, want := range map[string]replay.Row{
		"letter-0": {Verdict: rehearse.Act, Reason: "allowed", State: replay.Waiting, Kind: "imported"},
		"letter-1": {Verdict: rehearse.Ignore, Reason: "not_new", State: replay.Waiting, Kind: "imported"},
		"letter-2": {State: replay.Stays, Kind: "unreadable"},
	} {
		r := got[letter]
		if r.Why == "" {
			t.Errorf("%s: nobody knows why it is there", letter)
		}
		r = replay.Row{Verdict: r.Verdict, Reason: r.Reason, State: r.State, Kind: r.Kind}
		if d := cmp.Diff(want, r); d != "" {
			t.Errorf("%s: %s", letter, d)
		}
	}
	if why := got["letter-2"].Why; !strings.Contains(why, "is not the JSON of an event") {
		t.Errorf("why is %q", why)
	}
}

// TestCarry: what can be worked on is, and is out of the queue; the rest stays and says why.
func TestCarry(t *testing.T) {
	s := newScene(t)
	store, id, event := s.store()
	s.q.post(event.Body, "")
	s.q.post("{", "unreadable")
	s.q.post(`{"source":"aws.ec2","detail-type":"x"}`, "")
	s.q.post(`{"salve":"sweep"}`, "")
	s.q.post(`{"salve":"check","run":"r-nobody"}`, "")
	got := s.carried(s.operator())
	s.w.Fixed(t, store, id)
	states := map[replay.State]int{}
	for _, r := range got {
		states[r.State]++
	}
	if states[replay.Replayed] != 3 || states[replay.Stays] != 2 || s.q.left() != 2 || s.q.visible() != 2 {
		t.Errorf("%v, %d left, %d to be seen: %+v", states, s.q.left(), s.q.visible(), got)
	}
	if got[0].Became != string(run.StatusVerified) || got[0].Verdict != rehearse.Act {
		t.Errorf("the first became %+v", got[0])
	}
}

// TestManyLetters: more than a batch, and those that stay do not come again and again.
func TestManyLetters(t *testing.T) {
	s := newScene(t)
	for range 25 {
		s.q.post("{", "unreadable")
		_, _, event := s.store()
		s.q.post(event.Body, "")
	}
	got := s.carried(s.operator())
	if len(got) != 50 || s.q.left() != 25 || s.q.visible() != 25 || len(s.w.Runs()) != 25 {
		t.Errorf("%d rows, %d left, %d to be seen, %d runs", len(got), s.q.left(), s.q.visible(), len(s.w.Runs()))
	}
}

// TestThroughTheGates: a letter gets no more than its finding would get today.
func TestThroughTheGates(t *testing.T) {
	for name, tc := range map[string]struct {
		mode   gate.Mode
		marked string
		status run.Status // of the run; empty for none
		press  bool
	}{
		"off":        {gate.Off, "", "", false},
		"manual":     {gate.Manual, "", "", false},
		"suppressed": {gate.Auto, finding.Suppressed, "", false},
		"clicked":    {gate.Manual, "", run.StatusVerified, true},
		"to approve": {gate.Approve, "", run.StatusAwaitingApproval, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.w.Config = enginetest.Modes(tc.mode)
			_, id, event := s.store()
			if tc.press {
				event = s.w.Click(t, id)
			}
			if tc.marked != "" {
				s.w.Mark(t, id, tc.marked)
			}
			s.q.post(event.Body, "")
			s.carried(s.operator())
			runs := s.w.Runs()
			if s.q.left() != 0 || (tc.status == "") != (len(runs) == 0) || len(runs) > 0 && runs[0].Status != tc.status {
				t.Errorf("%d left, runs %+v", s.q.left(), runs)
			}
		})
	}
}

// TestKilled: wherever a replay ends, the letter is not lost, and the next one does nothing twice.
func TestKilled(t *testing.T) {
	for name, kill := range map[string]func(*scene, *replay.Dead){
		"once received": func(s *scene, _ *replay.Dead) { s.q.struck["ReceiveMessage"] = errStruck },
		"before it is done": func(_ *scene, d *replay.Dead) {
			d.Prove = func(context.Context, replay.Row) error { return errStruck }
		},
		"in the engine": func(_ *scene, d *replay.Dead) {
			d.Handle = func(context.Context, []engine.Message) ([]string, []audit.Line) { panic(errStruck) }
		},
		"once done": func(_ *scene, d *replay.Dead) {
			handle := d.Handle
			d.Handle = func(ctx context.Context, batch []engine.Message) ([]string, []audit.Line) {
				handle(ctx, batch)
				panic(errStruck)
			}
		},
		"as it is deleted": func(s *scene, _ *replay.Dead) { s.q.struck["DeleteMessage"] = errStruck },
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			store, id, event := s.store()
			s.q.post(event.Body, "")
			first := s.operator()
			kill(s, &first)
			s.q.struck["ChangeMessageVisibility"] = errStruck // the dead do not release
			func() {
				defer func() { _ = recover() }()
				_ = first.Carry(t.Context(), func(replay.Row) error { return nil })
			}()
			if clear(s.q.struck); s.q.left() != 1 {
				t.Fatalf("%d letters are left, want the one", s.q.left())
			}
			s.shown()
			s.carried(s.operator())
			s.w.Fixed(t, store, id)
			if s.q.left() != 0 || s.w.Puts(store) != 1 || len(s.w.Runs()) != 1 {
				t.Errorf("%d left, %d writes, %d runs", s.q.left(), s.w.Puts(store), len(s.w.Runs()))
			}
		})
	}
}

// TestTwoOperators: at once, each letter is the one's or the other's.
func TestTwoOperators(t *testing.T) {
	s := newScene(t)
	var stores []string
	for range 30 {
		store, _, event := s.store()
		stores = append(stores, store)
		s.q.post(event.Body, "")
	}
	var g sync.WaitGroup
	for range 2 {
		d := s.operator()
		g.Go(func() {
			if err := d.Carry(t.Context(), func(replay.Row) error { return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	g.Wait()
	if s.q.left() != 0 || len(s.w.Runs()) != len(stores) {
		t.Errorf("%d left, %d runs", s.q.left(), len(s.w.Runs()))
	}
	for _, store := range stores {
		if n := s.w.Puts(store); n != 1 {
			t.Errorf("%s was written %d times", store, n)
		}
	}
}

// TestSlowOperator: a letter that another got while the first was still at it is worked on once all the same.
func TestSlowOperator(t *testing.T) {
	s := newScene(t)
	store, id, event := s.store()
	s.q.post(event.Body, "")
	first := s.operator()
	handle := first.Handle
	first.Handle = func(ctx context.Context, batch []engine.Message) ([]string, []audit.Line) {
		s.shown()
		s.carried(s.operator())
		return handle(ctx, batch)
	}
	s.carried(first)
	if s.w.Fixed(t, store, id); s.q.left() != 0 || s.w.Puts(store) != 1 {
		t.Errorf("%d left, written %d times", s.q.left(), s.w.Puts(store))
	}
}

// TestWhatFailsStays: a letter that still cannot be worked on is in the queue at once, and says why.
func TestWhatFailsStays(t *testing.T) {
	s := newScene(t)
	_, _, event := s.store()
	s.q.post(event.Body, "")
	s.w.Fail("Claim", fault.New(fault.Retry, "the table is busy"))
	got := s.carried(s.operator())
	if len(got) != 1 || got[0].State != replay.Stays || !strings.Contains(got[0].Became, "busy") || s.q.visible() != 1 {
		t.Errorf("%+v, %d to be seen", got, s.q.visible())
	}
	s.w.Heal()
	if got := s.carried(s.operator()); got[0].State != replay.Replayed || s.q.left() != 0 {
		t.Errorf("%+v, %d left", got, s.q.left())
	}
}

// TestInterrupted: what was not begun is to be seen at once.
func TestInterrupted(t *testing.T) {
	s := newScene(t)
	for range 12 {
		_, _, event := s.store()
		s.q.post(event.Body, "")
	}
	ctx, cancel := context.WithCancel(t.Context())
	d := s.operator()
	d.Prove = func(context.Context, replay.Row) error {
		cancel()
		return nil
	}
	err := d.Carry(ctx, func(replay.Row) error { return nil })
	if !errors.Is(err, context.Canceled) || s.q.left() == 0 || s.q.visible() != s.q.left() {
		t.Errorf("%v, %d left, %d to be seen", err, s.q.left(), s.q.visible())
	}
}

// TestWhy: who put a letter there is told by its attributes.
func TestWhy(t *testing.T) {
	s := newScene(t)
	s.q.post("{", "gives a key twice\x1b[31m")
	s.q.post("{", "")
	got, err := deadletter.Queue{API: s.q}.Receive(t.Context())
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	if why := got[0].Why; !strings.HasPrefix(why, "Salve could not read it: gives a key twice") ||
		strings.Contains(why, "\x1b") {
		t.Errorf("%q", why)
	}
	if why := got[1].Why; !strings.HasPrefix(why, "it failed 5 times") {
		t.Errorf("%q", why)
	}
}
