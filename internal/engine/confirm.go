package engine

import (
	"context"
	"errors"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

const (
	// confirmAfter is when Security Hub has looked again: it checks every 12 or 24 hours.
	confirmAfter = 36 * time.Hour
	confirmAgain = 24 * time.Hour
	// disputeAgain is when a finding that could not be updated is tried again.
	disputeAgain = time.Hour
	// confirmUntil is when nobody asks any more.
	confirmUntil = 7 * 24 * time.Hour
)

// Look reads findings of a Region by their ids; those that are gone are left out.
type Look func(ctx context.Context, region string, ids []string) (map[string]finding.View, error)

// confirm compares what we proved with what Security Hub says after its own
// next check. A finding we resolved that it still sees as failed goes back to
// people: it would stay RESOLVED for ever.
func (e *Engine) confirm(ctx context.Context, runs []*run.Run) error {
	views, err := e.views(ctx, runs...)
	if err != nil {
		return err // nothing can be said of those that were not read
	}
	var errs []error
	for _, r := range runs {
		errs = append(errs, e.confirmOne(ctx, r, views))
	}
	return errors.Join(errs...)
}

func (e *Engine) confirmOne(ctx context.Context, r *run.Run, views map[string]finding.View) error {
	r.Confirmed, r.Confirm = verdict(r, views), time.Time{}
	last, err := e.Past.LastFix(ctx, r.Key)
	if err != nil {
		return err
	}
	switch {
	case last != "" && last != r.ID && last != r.Previous:
		r.Confirmed = run.ConfirmedLater // what Security Hub says is about another run's work
	case r.Confirmed == run.ConfirmedNever && e.Now().Before(r.Finished.Add(confirmUntil)):
		r.Confirmed, r.Confirm = "", e.Now().Add(confirmAgain)
	case r.Confirmed == run.ConfirmedDisputed:
		return e.disputed(ctx, r, views)
	}
	return e.Confirming.Confirmed(ctx, r)
}

// verdict is the gravest thing Security Hub says of the run's findings.
func verdict(r *run.Run, views map[string]finding.View) run.Confirmed {
	said := run.ConfirmedGone
	for id := range r.Findings {
		v, there := views[id]
		switch {
		case !there || !v.Active:
		case v.Passed:
			if said == run.ConfirmedGone {
				said = run.ConfirmedPassed
			}
		case v.Failed && v.Updated.After(r.Finished):
			return run.ConfirmedDisputed
		default:
			said = run.ConfirmedNever
		}
	}
	return said
}

// dispute tells people that our read and Security Hub disagree. What they have
// written on a finding themselves meanwhile is left alone.
func (e *Engine) dispute(ctx context.Context, r *run.Run, views map[string]finding.View) error {
	o := outcome(r)
	o.Status, o.ToDo = note.Disputed, "salve verify "+r.ID
	updates := sayWhere(o, r, views, func(v finding.View) bool { return v.Resolved && !v.Passed })
	if _, err := e.Hub.Apply(ctx, updates); err != nil {
		return err
	}
	e.audit(ctx, audit.Disputed, r, nil)
	e.tally(ctx, r, run.StatusUnverified)
	n := e.notice(r)
	n.Kind, n.ToDo = notice.Disputed, o.ToDo
	n.Why = "Salve read the resource as fixed, but Security Hub still sees it as failed."
	e.inform(ctx, n)
	return nil
}
