package memory

import (
	"context"
	"math"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// Untold returns closed runs that people have to be told of by now.
func (l *Ledger) Untold(ctx context.Context, now time.Time, limit int32) ([]*run.Run, error) {
	return call(ctx, l, "Untold", func() ([]*run.Run, error) { return l.closed(whenTold, now, limit) })
}

// Unconfirmed returns closed runs that Security Hub should have confirmed by now.
func (l *Ledger) Unconfirmed(ctx context.Context, now time.Time, limit int32) ([]*run.Run, error) {
	return call(ctx, l, "Unconfirmed", func() ([]*run.Run, error) { return l.closed(whenAsked, now, limit) })
}

func (l *Ledger) closed(where string, now time.Time, limit int32) ([]*run.Run, error) {
	var runs []*run.Run
	var errs []error
	for _, id := range l.due(where, now, math.MaxInt32) {
		if len(runs) == int(limit) {
			break // runs that cannot be read keep nobody else waiting
		}
		r, err := l.get(id)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r.Due = at(l.runs[id].due)
		runs = append(runs, r)
	}
	return runs, run.Unread(errs)
}

// Reserve gives a closed run that Untold or Unconfirmed returned to the first who
// asks. It is due again at until. What became known of the run is filled in.
func (l *Ledger) Reserve(ctx context.Context, r *run.Run, until time.Time) (bool, error) {
	stored, err := call(ctx, l, "Reserve", func() (*run.Run, error) {
		rec := l.runs[r.ID]
		if rec == nil || rec.where != whenTold && rec.where != whenAsked || rec.due != r.Due.Unix() {
			return nil, nil
		}
		rec.due = until.Unix()
		return l.get(r.ID)
	})
	if stored == nil || err != nil {
		return false, err
	}
	r.Due, r.UndoneBy = until, stored.UndoneBy
	return true, nil
}

// Told marks a closed run as told.
func (l *Ledger) Told(ctx context.Context, id string) error {
	return l.act(ctx, "Told", func() error {
		rec := l.runs[id]
		switch {
		case rec == nil || rec.where != whenTold:
		case rec.confirm > 0:
			rec.where, rec.due = whenAsked, rec.confirm
		default:
			rec.where = ""
		}
		return nil
	})
}

// Confirmed stores what Security Hub said of a closed run: for good, or to ask
// again at r.Confirm where that is set.
func (l *Ledger) Confirmed(ctx context.Context, r *run.Run) error {
	return l.act(ctx, "Confirmed", func() error {
		rec := l.runs[r.ID]
		if rec == nil || rec.where != whenAsked {
			return nil
		}
		rec.confirmed = r.Confirmed
		if r.Confirm.IsZero() {
			rec.where, rec.confirm = "", 0
			return nil
		}
		rec.due, rec.confirm = r.Confirm.Unix(), r.Confirm.Unix()
		return nil
	})
}
