package main

import (
	"context"
	"time"

	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/run"
)

// settledBy is the first later run that dealt with what r only showed or asked
// for: an ask is never changed, what became of it stands in another run.
func settledBy(r *run.Run, all []*run.Run) *run.Run {
	if !asks(r) {
		return nil
	}
	var first *run.Run
	for _, later := range all {
		if !follows(later, r) || later.Undoes != "" || !settles(later.Status) {
			continue
		}
		if first == nil || later.Created.Before(first.Created) {
			first = later
		}
	}
	return first
}

// asks tells that a run ended with its plan, for somebody to carry out.
func asks(r *run.Run) bool {
	return r.Status == run.StatusAwaitingApproval || r.Status == run.StatusPlanned
}

// follows tells that a run is a later one of the same work.
func follows(later, r *run.Run) bool { return later.Key == r.Key && later.Created.After(r.Created) }

// settles tells that after a run of that end nothing is left to carry out.
func settles(s run.Status) bool {
	return s == run.StatusVerified || s == run.StatusCompliant || s == run.StatusGone
}

// unapproved tells that a run waits for approval, and that nobody has carried it
// out nor asked again since. A later try that failed leaves it waiting.
func unapproved(r *run.Run, all []*run.Run) bool {
	if r.Status != run.StatusAwaitingApproval || settledBy(r, all) != nil {
		return false
	}
	for _, later := range all {
		if follows(later, r) && later.Status == run.StatusAwaitingApproval {
			return false
		}
	}
	return true
}

// then says what became of a run afterwards, "" if nothing did.
func then(r, settled *run.Run) string {
	switch {
	case r.UndoneBy != "":
		return "taken back by run " + r.UndoneBy
	case settled == nil:
		return ""
	case settled.Status == run.StatusVerified:
		return "carried out by run " + settled.ID
	}
	return "run " + settled.ID + " found it " + string(settled.Status)
}

// since is what happened after a run: to what it asked for, and to its resource.
type since struct {
	settled *run.Run
	hold    *run.Hold
}

// lookUp asks the ledger for it. The table is read through only for a run that
// waits for somebody.
func lookUp(ctx context.Context, book ledger.Ledger, r *run.Run, now time.Time) (s since, err error) {
	if s.hold, err = book.Hold(ctx, r.Key, now); err != nil || !asks(r) {
		return s, err
	}
	all, err := book.History(ctx, ledger.Filter{
		Account: r.Key.Account, Control: r.Key.Control, Resource: r.Key.Resource, Since: r.Created,
	})
	s.settled = settledBy(r, all)
	return s, err
}

// agreed says what Security Hub's own check said of a fix, "" where nobody asks it.
func agreed(r *run.Run) string {
	switch r.Confirmed {
	case run.ConfirmedPassed:
		return "Security Hub agrees: its own check passed"
	case run.ConfirmedGone:
		return "Security Hub no longer has the finding"
	case run.ConfirmedDisputed:
		return "Security Hub disagrees, its own check still fails: see salve verify " + r.ID
	case run.ConfirmedLater:
		return "a later run fixed it once more"
	case run.ConfirmedNever:
		return "Security Hub did not check it again"
	}
	if r.Confirm.IsZero() || r.UndoneBy != "" { // then it is right to see it as failed
		return ""
	}
	return "Security Hub is asked after " + stamp(r.Confirm) + " whether it agrees"
}

// stamp is a time as people are shown it.
func stamp(t time.Time) string { return t.UTC().Format(time.DateTime) + " UTC" }
