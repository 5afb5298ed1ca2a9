package work_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// TestClickOnAnAccountWithoutTheRole: the person learns at once what is missing.
func TestClickOnAnAccountWithoutTheRole(t *testing.T) {
	w := enginetest.New(t)
	w.Distrust(enginetest.Member)
	b := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(b))
	p := w.Start()
	p.Handled(t, w.Click(t, id))
	w.Ended(t, run.StatusDenied)
	w.Shows(t, id, finding.Notified, "Nothing was changed",
		"To do: Deploy deploy/member.yaml into account "+enginetest.Member)
	told := p.Told()
	if len(told) != 1 || told[0].Kind != notice.Denied || !strings.Contains(told[0].ToDo, "member.yaml") {
		t.Errorf("notices %+v", told)
	}
}

// TestStoreGone: before the run, or under its hands. The finding is RESOLVED once two looks agree.
func TestStoreGone(t *testing.T) {
	tests := map[string]string{"before the run": "GetBlock", "before the write": "PutBlock"}
	for name, operation := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			b := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(b))
			p := w.Start(func(_ context.Context, c enginetest.Call) error {
				if c.Operation == operation && !c.Done {
					w.Remove(b) // it may be gone already: the look after the write is a read too
				}
				return nil
			})
			p.Handled(t, w.Imported(t, id))
			r := w.Only(t)
			if r.Status != run.StatusDeferred || !strings.Contains(r.Reason, "looks once more") {
				t.Errorf("after one look the run is %s (%s)", r.Status, r.Reason)
			}
			w.Untouched(t, id)
			w.Clock.Move(59 * time.Second)
			p.Handled(t, enginetest.Sweep())
			w.Untouched(t, id)
			w.Clock.Move(time.Second)
			p.Handled(t, enginetest.Sweep())
			w.Ended(t, run.StatusGone)
			w.Shows(t, id, finding.Resolved, "no longer exists")
		})
	}
}

// TestStoreHidden: what was not found, and is there after all, is fixed like any other. Only two looks that say the
// same, one after the other, make it gone.
func TestStoreHidden(t *testing.T) {
	gone, busy := fault.New(fault.Gone, "no such store"), fault.New(fault.Retry, "too fast")
	for name, tc := range map[string]struct {
		reads []error // the answers to the first reads; all others show the store
		looks int     // after which the run ends
		want  run.Status
	}{
		"at first":              {[]error{gone}, 2, run.StatusVerified},
		"twice":                 {[]error{gone, gone}, 2, run.StatusGone},
		"busy in between":       {[]error{gone, busy, gone}, 3, run.StatusGone},
		"busy, then there":      {[]error{gone, busy}, 3, run.StatusVerified},
		"after the write":       {[]error{nil, gone}, 2, run.StatusVerified},
		"after the write twice": {[]error{nil, gone, gone}, 2, run.StatusGone},
		"before and after":      {[]error{gone, nil, gone}, 3, run.StatusVerified},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			id, reads := w.Report(t, enginetest.Spec(w.Store(t, nil))), tc.reads
			p := w.Start(func(_ context.Context, c enginetest.Call) (err error) {
				if c.Operation == "GetBlock" && !c.Done && len(reads) > 0 {
					err, reads = reads[0], reads[1:]
				}
				return err
			})
			p.Handled(t, w.Imported(t, id))
			for range tc.looks - 1 {
				w.Untouched(t, id)
				w.Clock.Move(time.Minute)
				p.Handled(t, enginetest.Sweep())
			}
			w.Ended(t, tc.want)
			w.Shows(t, id, finding.Resolved)
		})
	}
}

// TestOperatorsStoreGone: who asks at the command line, for no finding, hears it at once.
func TestOperatorsStoreGone(t *testing.T) {
	w := enginetest.New(t)
	b := w.Store(t, nil)
	w.Remove(b)
	p := w.Start()
	r, err := p.Apply(t.Context(), enginetest.Wish(b))
	if err != nil || r.Status != run.StatusGone {
		t.Errorf("run is %+v, %v", r, err)
	}
}

// TestTwoControlsOfOneStore: they write to the same block, so one waits for the other.
func TestTwoControlsOfOneStore(t *testing.T) {
	w := enginetest.New(t)
	b := w.Store(t, nil)
	first, second := enginetest.Spec(b), enginetest.Spec(b)
	first.Control = "Store.1"
	ids := []string{w.Report(t, first), w.Report(t, second)}
	p := w.Start()
	p.Handled(t, w.Imported(t, ids[0]), w.Imported(t, ids[1]))
	states := map[run.State]int{}
	for _, r := range w.Runs() {
		states[r.State]++
	}
	if states[run.StateClosed] != 1 || states[run.StateClaimed] != 1 {
		t.Fatalf("runs %v, want one done and one waiting", states)
	}
	w.Clock.Move(time.Minute)
	w.Start().Handled(t, enginetest.Sweep())
	for _, r := range w.Runs() {
		if r.State != run.StateClosed {
			t.Errorf("run of %s is %s %s", r.Key.Control, r.State, r.Status)
		}
	}
	for _, id := range ids {
		w.Shows(t, id, finding.Resolved)
	}
	if w.Puts(b) != 1 || !w.Blocked(b) || len(w.Ledger.Locks()) > 0 {
		t.Errorf("%d writes, flags %+v, locks %v", w.Puts(b), w.Flags(b), w.Ledger.Locks())
	}
}

// TestAttemptsAreCounted: what never works ends in front of a person, once.
func TestAttemptsAreCounted(t *testing.T) {
	w := enginetest.New(t)
	b := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(b))
	p := w.Start()
	w.Fail("GetBlock", enginetest.Down())
	p.Handled(t, w.Imported(t, id))
	tries := 1
	for ; w.Only(t).State != run.StateClosed; tries++ {
		if tries > 20 {
			t.Fatal("it is tried for ever")
		}
		w.Untouched(t, id)
		if told := p.Told(); len(told) > 0 {
			t.Fatalf("told before the end: %+v", told)
		}
		w.Clock.Move(enginetest.Later)
		p.Handled(t, enginetest.Sweep())
	}
	r := w.Ended(t, run.StatusFailed)
	if !strings.Contains(r.Reason, "gave up after") {
		t.Errorf("reason %q does not say that it was tried often", r.Reason)
	}
	w.Shows(t, id, finding.Notified, "could not fix Store.3", "GetBlock", "Nothing was changed")
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep(), w.Imported(t, id))
	told := p.Told()
	if len(told) != 1 || told[0].Kind != notice.Failed || told[0].RunID != r.ID || len(w.Runs()) != 1 {
		t.Errorf("notices %+v, %d runs: want to be told of it once", told, len(w.Runs()))
	}
	if tries < 3 || w.Puts(b) != 0 {
		t.Errorf("tried %d times, %d writes", tries, w.Puts(b))
	}
}

// TestStoreOfAnotherAccount: the ARN of a store does not say whose it is. A
// finding of one member that names the store of another must not change it.
func TestStoreOfAnotherAccount(t *testing.T) {
	w := enginetest.New(t)
	b := w.StoreOf(t, enginetest.Other, enginetest.Block(false, false, false, false))
	id := w.Report(t, enginetest.Spec(b))
	p := w.Start()
	for _, m := range []engine.Message{w.Imported(t, id), w.Click(t, id)} {
		p.Handled(t, m)
	}
	w.Flagged(t, b, enginetest.Block(false, false, false, false))
	if n := w.Puts(b); n > 0 || !w.Has(b) {
		t.Errorf("%d writes to the store of account %s", n, enginetest.Other)
	}
	w.Shows(t, id, finding.Notified, "denied", "Nothing was changed")
}
