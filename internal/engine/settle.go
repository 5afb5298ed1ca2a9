package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/run"
)

// Hub writes status and note of findings; the map says by finding id what it
// could not write. internal/hub implements it.
type Hub interface {
	Apply(ctx context.Context, updates []note.Update) (map[string]error, error)
}

// settleTries is how often findings may join a run while it is being closed.
const settleTries = 3

// settle brings concluded runs to their end, all in one go: their findings get
// status and note, people are told, the resource is free again. What fails is
// left for the sweep.
func (e *Engine) settle(ctx context.Context, runs []*run.Run) error {
	ctx, cancel := books(ctx)
	defer cancel()
	runs, err := e.ours(ctx, runs)
	if err != nil {
		return err
	}
	for range settleTries {
		if len(runs) == 0 {
			return nil
		}
		ready, err := e.sync(ctx, runs)
		if err != nil {
			return err
		}
		runs, err = e.close(ctx, ready)
		if err != nil {
			return err
		}
	}
	return nil
}

const (
	// sure is how much of its lease a run needs for us to speak about it without asking the ledger first.
	sure = 30 * time.Second
	// syncAgain is when the sweep looks after a run whose findings were not updated.
	syncAgain   = time.Minute
	longestSync = time.Hour
)

// ours leaves out the runs that another process may have taken over meanwhile:
// what we saw of their resources may be outdated, and must not be said any more.
func (e *Engine) ours(ctx context.Context, runs []*run.Run) ([]*run.Run, error) {
	var out []*run.Run
	for _, r := range runs {
		if e.Now().Add(sure).After(r.Lease) {
			r.Lease = e.Now().Add(e.Lease)
			r.Due = r.Lease
			if err := e.Runs.Save(ctx, r); errors.Is(err, run.ErrLost) {
				e.audit(ctx, audit.Lost, r, err)
				continue
			} else if err != nil {
				return nil, fmt.Errorf("record outcome: %w", err)
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// unsaid leaves a run whose findings could not be updated to the sweep, which
// then has nothing to do but that.
func (e *Engine) unsaid(ctx context.Context, r *run.Run, why error) {
	e.audit(ctx, audit.NotSynced, r, why)
	r.Lease, r.Due = e.Now(), e.Now().Add(min(syncAgain<<min(r.Attempts, doublings), longestSync))
	if err := e.Runs.Save(ctx, r); err != nil {
		e.audit(ctx, audit.Lost, r, err) // its lease ends soon
	}
}

// sync updates the findings and returns the runs all of whose findings know.
func (e *Engine) sync(ctx context.Context, runs []*run.Run) ([]*run.Run, error) {
	updates := updates(runs)
	failed := map[string]error{}
	if len(updates) > 0 {
		// The joined error is in the map too, finding by finding.
		failed, _ = e.Hub.Apply(ctx, updates)
	}
	var ready []*run.Run
	for _, r := range runs {
		lasting, err := unsynced(r, failed)
		switch {
		case err == nil:
		case lasting && r.Attempts >= maxAttempts:
			// It will never be said there; that is no reason to keep the resource locked.
			e.audit(ctx, audit.NotSynced, r, err)
		default:
			e.unsaid(ctx, r, err)
			continue
		}
		ready = append(ready, r)
	}
	if len(ready) == 0 && len(runs) > 0 {
		return nil, ctx.Err()
	}
	return ready, nil
}

// unsynced is why findings of the run do not know, and whether trying again is
// of no use.
func unsynced(r *run.Run, failed map[string]error) (lasting bool, err error) {
	lasting = true
	var errs []error
	for id := range r.Findings {
		if err := failed[id]; err != nil && !errors.Is(err, note.ErrNotFound) {
			errs = append(errs, err)
			lasting = lasting && fault.Of(err) != fault.Retry
		}
	}
	return lasting, errors.Join(errs...)
}

// updates are what the findings of runs have to say; none where the outcome
// leaves them as they are. Runs of one batch with the same story get the same
// note: a call of Security Hub takes one for many findings.
func updates(runs []*run.Run) []note.Update {
	type story struct{ batch, note string }
	same := map[story]int{}
	for _, r := range runs {
		same[story{run.Batch(r.ID), note.Note(shared(r))}]++
	}
	var out []note.Update
	for _, r := range runs {
		o := outcome(r)
		if r.Quiet {
			continue
		}
		if _, speaks := o.Workflow(); !speaks {
			continue
		}
		if s := shared(r); same[story{run.Batch(r.ID), note.Note(s)}] > 1 {
			o = s
		}
		said := say(o, r)
		if len(said) > 0 {
			r.Note = note.Note(o)
		}
		out = append(out, said...)
	}
	return out
}

// say is the outcome on every finding of a run.
func say(o note.Outcome, r *run.Run) []note.Update {
	var out []note.Update
	for _, f := range r.Findings {
		if r.Mute[f.ID] || idle(r) && f.Event == r.ID {
			continue
		}
		if u, ok := o.Update(f.ID, f.ProductArn, f.Region); ok {
			out = append(out, u)
		}
	}
	return out
}

// sayWhere is say on those findings that Security Hub shows in a fitting state.
func sayWhere(o note.Outcome, r *run.Run, views map[string]finding.View, fits func(finding.View) bool) []note.Update {
	var out []note.Update
	for id, f := range r.Findings {
		if !fits(views[id]) {
			continue
		}
		if u, ok := o.Update(f.ID, f.ProductArn, f.Region); ok {
			out = append(out, u)
		}
	}
	return out
}

// close tells people who have to know at once, then closes the runs together.
// It returns the runs that more findings joined meanwhile.
func (e *Engine) close(ctx context.Context, runs []*run.Run) ([]*run.Run, error) {
	for _, r := range runs {
		if err := errors.Join(e.announce(ctx, r), e.others(ctx, r)); err != nil {
			return nil, err
		}
	}
	failed, err := e.Runs.Close(ctx, runs)
	if err != nil {
		return nil, fmt.Errorf("close runs: %w", err)
	}
	var grown []*run.Run
	for _, r := range runs {
		switch err := failed[r.ID]; {
		case errors.Is(err, run.ErrGrew):
			grown = append(grown, r)
		case err != nil:
			e.audit(ctx, audit.Lost, r, err)
		default:
			r.State = run.StateClosed
		}
	}
	return grown, nil
}
