package work_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// waiting is a world in which the plan for a store waits for approval, after a report or a click.
func waiting(t *testing.T, fourEyes, click bool) (
	w *enginetest.World, p *enginetest.Process, store, id string, r *run.Run,
) {
	t.Helper()
	w = enginetest.New(t)
	w.Config = enginetest.Approving(fourEyes)
	p = w.Stoppable()
	store = w.Store(t, nil)
	id = w.Report(t, enginetest.Spec(store))
	event := w.Imported(t, id)
	if click {
		event = w.Click(t, id)
	}
	p.Handled(t, event)
	r = w.Ended(t, run.StatusAwaitingApproval)
	w.Events()
	w.Clock.Move(time.Hour)
	return w, p, store, id, r
}

// carriedOut wants the plan written, once, and proven.
func carriedOut(t *testing.T, w *enginetest.World, store, id string) {
	t.Helper()
	if !w.Blocked(store) || w.Puts(store) != 1 {
		t.Errorf("flags %+v after %d writes", w.Flags(store), w.Puts(store))
	}
	w.Says(t, id, finding.Resolved)
	w.Unlocked(t)
}

// TestApproved: the plan is carried out, for whoever asked, and everybody reads who approved it.
func TestApproved(t *testing.T) {
	w, p, store, id, asked := waiting(t, false, false)
	m := enginetest.Answer(t, enginetest.Alice, asked, run.Approve)
	p.Handled(t, m)
	carriedOut(t, w, store, id)
	told := w.Told(t, m)
	r, err := w.Ledger.Get(t.Context(), told.Run)
	if err != nil || told.Became != run.BecameRun || r.Status != run.StatusVerified || r.Reply.Run != asked.ID {
		t.Fatalf("told %+v, run %+v, %v", told, r, err)
	}
	if !strings.Contains(r.Asker(), "approved by alice") || r.Actor != asked.Actor || r.Trigger != asked.Trigger {
		t.Errorf("asked for by %q, %s", r.Asker(), r.Trigger)
	}
	w.Shows(t, id, finding.Resolved, "Approved by alice")
	approved := 0
	for _, line := range p.Audited() {
		if line.Event == audit.Finished && slices.Equal(line.ApprovedBy, []string{"alice"}) {
			approved++
		}
	}
	if approved != 1 {
		t.Errorf("%d audit lines say who has approved it, want one", approved)
	}
	w.Unlocked(t)
	if waits, err := w.Ledger.Asked(t.Context(), asked.Key); waits != "" || err != nil {
		t.Errorf("%q waits still, %v", waits, err)
	}
}

// TestAnsweredTwice: a message that comes again does nothing more, and the next person hears that it is done.
func TestAnsweredTwice(t *testing.T) {
	w, p, store, _, asked := waiting(t, false, false)
	m := enginetest.Answer(t, enginetest.Alice, asked, run.Approve)
	p.Handled(t, m)
	told := w.Told(t, m)
	p.Handled(t, m)
	if w.Told(t, m) != told || len(w.Runs()) != 2 || w.Puts(store) != 1 {
		t.Errorf("%d runs, %d writes, told %+v", len(w.Runs()), w.Puts(store), w.Told(t, m))
	}
	for sender, says := range map[string]string{enginetest.Alice: "settled", enginetest.Bob: "settled"} {
		late := enginetest.Answer(t, sender, asked, run.Approve)
		p.Handled(t, late)
		if got := w.Told(t, late); got.Became != run.BecameRefused || !strings.Contains(got.Text, says) {
			t.Errorf("told %+v", got)
		}
	}
}

// TestDenied: one no ends it, on the finding too, and no yes brings it back.
func TestDenied(t *testing.T) {
	for name, click := range map[string]bool{"a report": false, "a click": true} {
		t.Run(name, func(t *testing.T) {
			w, p, store, id, asked := waiting(t, true, click)
			no := enginetest.Answer(t, enginetest.Team+":ann", asked, run.Deny)
			p.Handled(t, no)
			if got := w.Told(t, no); got.Became != run.BecameDenied {
				t.Errorf("told %+v", got)
			}
			w.Shows(t, id, finding.Notified, "ann (team) denied", "because")
			p.Handled(t, enginetest.Answer(t, enginetest.Alice, asked, run.Approve))
			if w.Puts(store) > 0 || len(w.Runs()) != 2 {
				t.Errorf("%d writes, %d runs", w.Puts(store), len(w.Runs()))
			}
			w.Unlocked(t)
		})
	}
}

// TestClickNeedsTwo: nobody knows who clicked; where four eyes are wanted two others have to say yes.
func TestClickNeedsTwo(t *testing.T) {
	w, p, store, id, asked := waiting(t, true, true)
	first := enginetest.Answer(t, enginetest.Alice, asked, run.Approve)
	p.Handled(t, first)
	if got := w.Told(t, first); got.Became != run.BecameCounted || w.Puts(store) > 0 {
		t.Fatalf("told %+v, %d writes", got, w.Puts(store))
	}
	p.Handled(t, enginetest.Answer(t, enginetest.Alice, asked, run.Approve))
	if w.Puts(store) > 0 {
		t.Fatal("the same person counted twice")
	}
	p.Handled(t, enginetest.Answer(t, enginetest.Bob, asked, run.Approve))
	carriedOut(t, w, store, id)
	w.Shows(t, id, finding.Resolved, "Approved by alice and bob")
}

// TestLapsed: what nobody has approved in time is denied, and people hear of it.
func TestLapsed(t *testing.T) {
	w, p, store, id, asked := waiting(t, false, false)
	if got := asked.Ends.Sub(asked.Finished); got != 7*24*time.Hour {
		t.Errorf("it waits for %v", got)
	}
	w.Clock.Move(asked.Ends.Sub(w.Clock.Now()) - time.Second)
	p.Handled(t, enginetest.Sweep())
	if len(w.Runs()) != 1 {
		t.Fatal("it ended too early")
	}
	w.Clock.Move(time.Second)
	p.Handled(t, enginetest.Sweep())
	w.Shows(t, id, finding.Notified, "Nobody approved")
	w.Clock.Move(enginetest.Later)
	told := len(p.Told())
	p.Handled(t, enginetest.Sweep(), enginetest.Answer(t, enginetest.Alice, asked, run.Approve))
	if news := p.Told()[told:]; len(news) != 1 || news[0].Kind != notice.Refused {
		t.Errorf("told %+v", news)
	}
	if w.Puts(store) > 0 || len(w.Runs()) != 2 {
		t.Errorf("%d writes, %d runs", w.Puts(store), len(w.Runs()))
	}
}

// TestChangedPlan: what was approved is not there any more, so that nothing is done and the new plan asks anew.
func TestChangedPlan(t *testing.T) {
	w, p, store, id, asked := waiting(t, false, false)
	w.SetFlags(t, store, enginetest.Block(true, false, false, false))
	told := len(p.Told())
	m := enginetest.Answer(t, enginetest.Alice, asked, run.Approve)
	p.Handled(t, m)
	again, err := w.Ledger.Get(t.Context(), w.Told(t, m).Run)
	if err != nil || again.Status != run.StatusAwaitingApproval || again.Plan.Hash == asked.Plan.Hash {
		t.Fatalf("%+v, %v", again, err)
	}
	if w.Puts(store) > 0 {
		t.Error("it wrote what nobody has approved")
	}
	if news := p.Told()[told:]; len(news) != 1 || news[0].Kind != notice.NeedsApprove {
		t.Errorf("told %+v", news)
	}
	w.Shows(t, id, finding.Notified, "waits for approval", "salve approve "+run.Batch(again.ID))
	p.Handled(t, enginetest.Answer(t, enginetest.Alice, again, run.Approve))
	carriedOut(t, w, store, id)
}

// TestGatesStandBehindAnApproval: a yes lifts nothing but the wait for it.
func TestGatesStandBehindAnApproval(t *testing.T) {
	tests := map[string]struct {
		change func(w *enginetest.World, store, id string, asked *run.Run)
		status run.Status
	}{
		"a stop": {func(w *enginetest.World, _, _ string, _ *run.Run) {
			w.Stop(t, "Store.3", "ada", "incident", time.Hour)
		}, run.StatusDeferred},
		"switched off": {func(w *enginetest.World, _, _ string, _ *run.Run) {
			w.Config.Controls = map[string]gate.Rule{"Store.3": {Mode: gate.Off}}
		}, run.StatusRefused},
		"an exception": {func(w *enginetest.World, store, _ string, _ *run.Run) {
			w.Config.Exceptions = []gate.Exception{{
				Control: "Store.3", Resource: store, Reason: "r", Owner: "o",
				Expires: gate.Date{Day: w.Clock.Now().AddDate(0, 0, 1)},
			}}
		}, run.StatusRefused},
		"suppressed": {func(w *enginetest.World, _, id string, _ *run.Run) {
			w.Mark(t, id, finding.Suppressed)
		}, run.StatusRefused},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w, p, store, id, asked := waiting(t, false, false)
			tc.change(w, store, id, asked)
			m := enginetest.Answer(t, enginetest.Alice, asked, run.Approve)
			p.Handled(t, m)
			r, err := w.Ledger.Get(t.Context(), w.Told(t, m).Run)
			if err != nil || r.Status != tc.status || w.Puts(store) > 0 {
				t.Errorf("%+v, %v, %d writes", r, err, w.Puts(store))
			}
		})
	}
	t.Run("a hold", func(t *testing.T) {
		w, p, store, _, asked := waiting(t, false, false)
		hold := run.Hold{Until: w.Clock.Now().Add(time.Hour), By: "ada", Reason: "leave it"}
		if err := w.Ledger.KeepOff(t.Context(), asked.Key, hold); err != nil {
			t.Fatal(err)
		}
		m := enginetest.Answer(t, enginetest.Alice, asked, run.Approve)
		p.Handled(t, m)
		got := w.Told(t, m)
		if got.Became != run.BecameRefused || !strings.Contains(got.Text, "leave it") || w.Puts(store) > 0 {
			t.Errorf("told %+v, %d writes", got, w.Puts(store))
		}
	})
	t.Run("a stop that is lifted", func(t *testing.T) {
		w, p, store, id, asked := waiting(t, false, false)
		w.Stop(t, "Store.3", "ada", "incident", time.Hour)
		p.Handled(t, enginetest.Answer(t, enginetest.Alice, asked, run.Approve))
		w.Resume(t, "Store.3")
		w.Clock.Move(enginetest.Later)
		p.Handled(t, enginetest.Sweep())
		carriedOut(t, w, store, id)
	})
}

// TestWhatIsNoAnswer: the queue of approvals takes answers and nothing else, and the other queues take none.
func TestWhatIsNoAnswer(t *testing.T) {
	w, p, store, id, asked := waiting(t, false, false)
	click := w.Click(t, id)
	click.Approval, click.Sender = true, enginetest.Alice
	newer := enginetest.Answer(t, enginetest.Alice, asked, run.Approve)
	newer.Body = strings.Replace(newer.Body, `"version":1`, `"version":2`, 1)
	elsewhere := enginetest.Answer(t, enginetest.Alice, asked, run.Approve)
	elsewhere.Approval = false
	sweep := enginetest.Sweep()
	sweep.Approval, sweep.Sender = true, enginetest.Alice
	beats := p.Beats()
	p.Handled(t, click, newer, elsewhere, sweep)
	if n := len(w.Rejections()); n != 3 || w.Puts(store) > 0 || len(w.Runs()) != 1 || p.Beats() != beats {
		t.Errorf("%d rejected: %+v, %d writes, %d runs", n, w.Rejections(), w.Puts(store), len(w.Runs()))
	}
	if got := w.Told(t, newer); got.Became != run.BecameRefused || !strings.Contains(got.Text, "upgrade the hub") {
		t.Errorf("told %+v", got)
	}
}

// TestStrangersAnswer: whatever they send, nothing happens, and each is told in a sentence.
func TestStrangersAnswer(t *testing.T) {
	w, p, store, _, asked := waiting(t, false, false)
	forged := func(m engine.Message) engine.Message {
		m.Body = strings.Replace(m.Body, `{`, `{"sender":"`+enginetest.Alice+`","SenderId":"`+enginetest.Alice+`",`, 1)
		return m
	}
	unknown := *asked
	unknown.ID = "r0000000000000000"
	for name, m := range map[string]engine.Message{
		"somebody":       enginetest.Answer(t, "AIDASTRANGERSTRANGER", asked, run.Approve),
		"nobody":         enginetest.Answer(t, "", asked, run.Approve),
		"forged":         forged(enginetest.Answer(t, "AIDASTRANGERSTRANGER", asked, run.Approve)),
		"an account":     enginetest.Answer(t, enginetest.Hub, asked, run.Approve),
		"an unknown run": enginetest.Answer(t, enginetest.Alice, &unknown, run.Approve),
	} {
		t.Run(name, func(t *testing.T) {
			p.Handled(t, m)
			if got := w.Told(t, m); got.Became != run.BecameRefused || got.Text == "" || len(w.Runs()) != 1 {
				t.Errorf("told %+v, %d runs", got, len(w.Runs()))
			}
		})
	}
	if w.Puts(store) > 0 {
		t.Error("it wrote")
	}
}

// TestAnswerWhileAnotherWaits: a plan that is approved, and waits for the end of a stop, takes no other answer.
func TestAnswerWhileAnotherWaits(t *testing.T) {
	w, p, store, id, asked := waiting(t, false, false)
	w.Stop(t, "Store.3", "ada", "incident", time.Hour)
	first := enginetest.Answer(t, enginetest.Alice, asked, run.Approve)
	p.Handled(t, first) // its run waits for the end of the stop
	w.Mark(t, id, finding.New)
	other := enginetest.Answer(t, enginetest.Bob, asked, run.Approve)
	p.Handled(t, other)
	got, err := w.Ledger.Get(t.Context(), asked.ID)
	if err != nil || len(got.Answers) != 1 || w.Told(t, other).Became != run.BecameRefused || w.Puts(store) > 0 {
		t.Errorf("answers %+v, %v, told %+v", got.Answers, err, w.Told(t, other))
	}
}

// TestFourEyesOfOperators: an operator's own yes is not enough, and not his own approval either.
func TestFourEyesOfOperators(t *testing.T) {
	w := enginetest.New(t)
	w.Config = enginetest.Approving(true)
	p := w.Start()
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	wish := enginetest.Wish(store)
	wish.Actor, wish.ActorID, wish.Findings = "ann", enginetest.Team+":ann", []run.Finding{w.Known(t, id)}
	asked, err := p.Apply(t.Context(), wish)
	if err != nil || asked.Status != run.StatusAwaitingApproval || w.Puts(store) > 0 {
		t.Fatalf("%+v, %v", asked, err)
	}
	own := enginetest.Answer(t, enginetest.Team+":ann", asked, run.Approve)
	p.Handled(t, own)
	if got := w.Told(t, own); got.Became != run.BecameRefused || w.Puts(store) > 0 {
		t.Fatalf("told %+v", got)
	}
	p.Handled(t, enginetest.Answer(t, enginetest.Team+":ben", asked, run.Approve))
	carriedOut(t, w, store, id)
}
