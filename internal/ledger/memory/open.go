package memory

import (
	"context"
	"fmt"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// Get returns a run with its findings, run.ErrNotFound if there is none.
func (l *Ledger) Get(ctx context.Context, id string) (*run.Run, error) {
	return call(ctx, l, "Get", func() (*run.Run, error) { return l.get(id) })
}

// Save stores an open run of ours, and fills in the findings that joined it.
// run.ErrLost says that it is not ours any more.
func (l *Ledger) Save(ctx context.Context, r *run.Run) error {
	return l.keep(ctx, "Save", r, func() error {
		if err := l.store(r, whenOpen); err != nil {
			return fmt.Errorf("save run %s: %w", r.ID, err)
		}
		return nil
	})
}

// keep is an operation that stores an open run of ours; it fills in the findings that joined the run.
func (l *Ledger) keep(ctx context.Context, operation string, r *run.Run, do func() error) error {
	stored, err := call(ctx, l, operation, func() (*run.Run, error) {
		if err := do(); err != nil {
			return nil, err
		}
		return l.get(r.ID)
	})
	if err != nil {
		return err
	}
	r.Grow(stored)
	return nil
}

// store writes an open run of ours.
func (l *Ledger) store(r *run.Run, where string) error {
	rec := l.runs[r.ID]
	if !rec.ours(r) {
		return run.ErrLost
	}
	return rec.set(r, where)
}

// ours tells that the run is open and belongs to the process that says so.
func (rec *record) ours(r *run.Run) bool {
	return rec != nil && rec.owner == r.Owner && rec.state != run.StateClosed
}

// Due returns the ids of open runs whose time has come, the oldest first, at most limit.
func (l *Ledger) Due(ctx context.Context, now time.Time, limit int32) ([]string, error) {
	return call(ctx, l, "Due", func() ([]string, error) { return l.due(whenOpen, now, limit), nil })
}

// Postpone puts an open run off, whatever is in it.
func (l *Ledger) Postpone(ctx context.Context, id string, until time.Time) error {
	return l.act(ctx, "Postpone", func() error {
		if rec := l.runs[id]; rec != nil && rec.state != run.StateClosed {
			rec.due = until.Unix()
		}
		return nil
	})
}

// Rest stores an open run of ours that waits, gives its resources to others meanwhile, and fills in the findings that
// joined it.
func (l *Ledger) Rest(ctx context.Context, r *run.Run) error {
	return l.keep(ctx, "Rest", r, func() error {
		if !l.free(r) {
			return fmt.Errorf("let run %s rest: %w", r.ID, run.ErrLost)
		}
		if err := l.store(r, whenOpen); err != nil {
			return fmt.Errorf("let run %s rest: %w", r.ID, err)
		}
		l.unlock(r)
		return nil
	})
}
