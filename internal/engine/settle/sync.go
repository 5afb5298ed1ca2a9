package settle

import (
	"context"
	"errors"
	"maps"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/run"
)

// unsaid leaves a run whose findings could not be updated to the sweep, which
// then has nothing to do but that.
func (s *Settler) unsaid(ctx context.Context, r *run.Run, why error) {
	s.Audit.Run(ctx, s.Now(), audit.NotSynced, r, why)
	r.Lease, r.Due = s.Now(), s.Now().Add(min(syncAgain<<min(r.Attempts, run.Doublings), longestSync))
	if err := s.Runs.Save(ctx, r); err != nil {
		s.Audit.Run(ctx, s.Now(), audit.Lost, r, err) // its lease ends soon
	}
}

// sync updates the findings and returns the runs all of whose findings know.
func (s *Settler) sync(ctx context.Context, runs []*run.Run) ([]*run.Run, error) {
	fresh, failed := s.lookedUp(ctx, runs)
	fresh, stands := s.stands(ctx, fresh, failed)
	if updates := updates(fresh, stands); len(updates) > 0 {
		// The joined error is in the map too, finding by finding.
		unsaid, _ := s.Hub.Apply(ctx, updates)
		maps.Copy(failed, unsaid)
	}
	var ready []*run.Run
	for _, r := range runs {
		lasting, err := unsynced(r, failed)
		switch {
		case err == nil:
		case lasting && r.Attempts >= run.MaxAttempts:
			// It will never be said there; that is no reason to keep the resource locked.
			s.Audit.Run(ctx, s.Now(), audit.NotSynced, r, err)
		default:
			s.unsaid(ctx, r, err)
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
func unsynced(r *run.Run, failed map[finding.Key]error) (lasting bool, err error) {
	lasting = true
	var errs []error
	for key := range r.Findings {
		if err := failed[key]; err != nil && !errors.Is(err, note.ErrNotFound) {
			errs = append(errs, err)
			lasting = lasting && fault.Of(err) != fault.Retry
		}
	}
	return lasting, errors.Join(errs...)
}

// updates are what the findings of runs have to say, beside what stands; none where the outcome leaves them as they
// are. Runs of one batch with the same story get the same note: a call of Security Hub takes one for many findings.
func updates(runs []*run.Run, stands map[string]note.Standing) []note.Update {
	type story struct{ batch, text string }
	told := func(o note.Outcome, r *run.Run) note.Outcome {
		o.Stands = stands[r.ID]
		return o
	}
	same := map[story]int{}
	for _, r := range runs {
		same[story{run.Batch(r.ID), note.Note(told(note.OfBatch(r), r))}]++
	}
	var out []note.Update
	for _, r := range runs {
		o := told(note.Of(r), r)
		if o.Row().Finding == "" {
			continue
		}
		if b := told(note.OfBatch(r), r); same[story{run.Batch(r.ID), note.Note(b)}] > 1 {
			o = b
		}
		said := o.On(r)
		if len(said) > 0 {
			r.Note = note.Note(o)
		}
		out = append(out, said...)
	}
	return out
}
