package memory

import (
	"context"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// Close ends runs and frees their resources. It returns those it could not close,
// with run.ErrGrew or run.ErrLost.
func (l *Ledger) Close(ctx context.Context, runs []*run.Run) (map[string]error, error) {
	return call(ctx, l, "Close", func() (map[string]error, error) {
		failed := map[string]error{}
		for _, r := range runs {
			why, err := l.close(r)
			if err != nil {
				return failed, err
			}
			if why != nil {
				failed[r.ID] = why
			}
		}
		return failed, nil
	})
}

func (l *Ledger) close(r *run.Run) (why, err error) {
	rec, w := l.runs[r.ID], l.works[r.Key.String()]
	complete := rec.ours(r) && len(rec.findings) == len(r.Findings) && len(rec.asks) == len(r.Asks)
	if !complete || w == nil || w.Run != r.ID || !l.free(r) {
		return l.whyOpen(r)
	}
	closed, lease := *r, rec.lease
	closed.State = run.StateClosed
	if err := rec.set(&closed, ""); err != nil {
		return nil, err
	}
	rec.lease = lease
	if !r.Confirm.IsZero() {
		rec.where, rec.due, rec.confirm = whenAsked, r.Confirm.Unix(), r.Confirm.Unix()
	}
	if !r.Tell.IsZero() {
		rec.where, rec.due = whenTold, r.Tell.Unix() // people first
	}
	w.end(r)
	l.unlock(r)
	return nil, nil
}

func (l *Ledger) whyOpen(r *run.Run) (why, err error) {
	now, err := l.get(r.ID)
	switch {
	case err != nil:
		return nil, err
	case now.State == run.StateClosed:
		return nil, nil
	case now.Owner == r.Owner && r.Grow(now):
		return run.ErrGrew, nil
	}
	return run.ErrLost, nil
}

// end notes on the work how its run ended.
func (w *Work) end(r *run.Run) {
	w.Open = false
	if len(r.Findings) > 0 {
		w.Events = map[string]bool{}
	}
	for _, f := range r.Findings {
		w.Events[f.Event] = true
	}
	if r.Status == run.StatusVerified {
		w.Fix, w.Fixes = r.ID, [3]time.Time{at(r.Finished.Unix()), w.Fixes[0], w.Fixes[1]}
	}
	if r.Trigger != run.TriggerOperator {
		copy(w.Ends[1:], w.Ends[:])
		w.Ends[0] = at(r.Finished.Unix())
	}
	if r.Changed() && r.Undoes == "" {
		w.Wrote = append(w.Wrote, r.ID)
	}
	if r.Hold != nil {
		w.Hold = seconds(*r.Hold)
	}
	w.waits(r)
}

// waits notes what the work waits for now: an answer to its plan, or another look at what is met.
func (w *Work) waits(r *run.Run) {
	switch {
	case r.Undoes == "" && !r.Key.Reads && (r.Status == run.StatusVerified || r.Status == run.StatusCompliant):
		w.Asked, w.Lapses, w.Look = "", time.Time{}, at(r.Finished.Add(run.LookAgain).Unix())
	case r.Status == run.StatusAwaitingApproval:
		if w.Asked = r.ID; !r.Ends.IsZero() { // there is room for one of the two
			w.Lapses, w.Look = at(r.Ends.Unix()), time.Time{}
		}
	case r.Undoes == "" && (r.Status.Settles() || r.Reply != nil):
		w.Asked, w.Lapses, w.Look = "", time.Time{}, time.Time{}
	}
}
