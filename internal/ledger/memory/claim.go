package memory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// Claim makes r the open run of its work and takes its locks, or says what is in the way.
func (l *Ledger) Claim(ctx context.Context, r *run.Run, ask run.Terms) (run.Claim, error) {
	if err := r.SortLocks(); err != nil {
		return run.Claim{}, fmt.Errorf("claim %s: %w", r.Key, err)
	}
	return call(ctx, l, "Claim", func() (run.Claim, error) { return l.claim(r, ask) })
}

func (l *Ledger) claim(r *run.Run, ask run.Terms) (run.Claim, error) {
	r.Lease, r.Due = ask.Now.Add(ask.Lease), ask.Now.Add(ask.Lease)
	var why run.Cooled
	if w := l.works[r.Key.String()]; w != nil {
		if claim, decided, err := l.meet(w, r, ask); decided {
			return claim, err
		}
		var until time.Time
		if until, why = ask.Cool.Until(w.Ends[:], ask.Now); why.Runs > 0 {
			ask.Why = why.Sentence()
		}
		if until.After(ask.Start) {
			ask.Start = until
		}
	}
	if _, taken := l.runs[r.ID]; taken {
		return run.Claim{}, fmt.Errorf("claim %s: another run has the id %s", r.Key, r.ID)
	}
	if ask.Start.After(ask.Now) {
		r.Status, r.Reason = run.StatusDeferred, ask.Why
		r.Lease, r.Due = run.LetGo(ask.Now), ask.Start
		return run.Claim{Verdict: run.Later, Run: r, Cooled: why}, l.begin(r)
	}
	if !l.free(r) {
		r.Status = run.StatusDeferred
		r.Lease, r.Due = run.LetGo(ask.Now), ask.Now.Add(ask.Retry)
		return run.Claim{Verdict: run.Busy, Run: r}, l.begin(r)
	}
	if err := l.begin(r); err != nil {
		return run.Claim{}, err
	}
	l.lock(r)
	return run.Claim{Verdict: run.Claimed, Run: r}, nil
}

// begin stores a new run and opens its work.
func (l *Ledger) begin(r *run.Run) error {
	w := l.work(r.Key)
	w.Open, w.Run = true, r.ID
	return l.put(r)
}

// meet decides what a claim means whose work is known; not at all where the work is free.
func (l *Ledger) meet(w *Work, r *run.Run, ask run.Terms) (claim run.Claim, decided bool, err error) {
	seen := w.Events[ask.Event]
	held := !ask.IgnoreHold && w.Hold.Until.Unix() > ask.Now.Unix()
	thrice := ask.Thrice > 0 && w.Fixes[2].Unix() > ask.Now.Add(-ask.Thrice).Unix()
	switch {
	case !w.Open && !seen && !held && !thrice:
		return run.Claim{}, false, nil
	case w.Run == r.ID:
		return run.Claim{Verdict: run.Claimed, Run: r}, true, nil
	case w.Open:
		claim, err = l.join(w.Run, r, ask)
	case seen:
		claim.Verdict = run.Duplicate
	case held:
		claim = run.Claim{Verdict: run.Held, Hold: w.Hold}
	default:
		claim = w.reverted(ask)
	}
	return claim, true, err
}

// reverted sets a hold on work that something keeps undoing, and says so once.
func (w *Work) reverted(ask run.Terms) run.Claim {
	hold := ask.TugOfWar()
	if w.Hold.Until.Unix() > ask.Now.Unix() {
		return run.Claim{Verdict: run.Held, Hold: hold}
	}
	w.Hold = seconds(hold)
	return run.Claim{Verdict: run.Reverted, Hold: hold}
}

// join adds r's findings and wishes to the open run, which r's process takes over
// if nobody is at it.
func (l *Ledger) join(current string, r *run.Run, ask run.Terms) (run.Claim, error) {
	open, err := l.get(current)
	if errors.Is(err, run.ErrNotFound) {
		err = &run.LeftError{Item: "work#" + r.Key.String(), Run: current}
	}
	if err != nil {
		return run.Claim{}, fmt.Errorf("claim %s: %w", r.Key, err)
	}
	wish, some := r.Wish()
	raw, err := json.Marshal(wish)
	if err != nil {
		return run.Claim{}, fmt.Errorf("encode what run %s asks for: %w", r.ID, err)
	}
	if room, err := l.joinAll(open, r, some, string(raw)); err != nil || !room {
		return run.Claim{Verdict: run.Full, Run: open}, err
	}
	if open.Lease.After(ask.Now) {
		return run.Claim{Verdict: run.Joined, Run: open}, nil
	}
	ask.Early = ask.Early || open.Stronger(wish)
	taken, err := l.take(current, r.Owner, ask)
	switch {
	case errors.Is(err, run.ErrLost):
		return run.Claim{Verdict: run.Joined, Run: open}, nil
	case err != nil:
		return run.Claim{}, err
	}
	return run.Claim{Verdict: run.Claimed, Run: taken}, nil
}

// joinAll adds r's findings to the open run, and what is asked for; false where it has no room for one.
func (l *Ledger) joinAll(open, r *run.Run, asks bool, ask string) (room bool, err error) {
	for _, f := range r.Findings {
		if room, err := open.Room(f); err != nil || !room {
			return false, err
		}
		if err := l.runs[open.ID].join(f); err != nil {
			return false, err
		}
		if asks {
			l.runs[open.ID].asks[ask] = true
		}
	}
	return true, nil
}

// Take makes an open run ours if its lease has ended, its time has come and its
// locks are free. run.ErrLost says that it is not to be had.
func (l *Ledger) Take(ctx context.Context, id, owner string, ask run.Terms) (*run.Run, error) {
	return call(ctx, l, "Take", func() (*run.Run, error) { return l.take(id, owner, ask) })
}

func (l *Ledger) take(id, owner string, ask run.Terms) (*run.Run, error) {
	r, err := l.get(id)
	if err != nil {
		return nil, err
	}
	waits := !ask.Early && r.Due.Unix() > ask.Now.Unix()
	if r.State == run.StateClosed || r.Lease.After(ask.Now) || waits {
		return nil, fmt.Errorf("run %s: %w", id, run.ErrLost)
	}
	rec := l.runs[id]
	if !l.free(r) {
		rec.due = ask.Now.Add(ask.Retry).Unix()
		return nil, fmt.Errorf("run %s: %w", id, run.ErrLost)
	}
	r.Owner, r.Lease, r.Due = owner, ask.Now.Add(ask.Lease), ask.Now.Add(ask.Lease)
	r.Attempts++
	rec.owner = owner
	l.lock(r)
	return r, rec.set(r, whenOpen)
}
