package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

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
		if !follows(later, r) || later.Undoes != "" || !later.Status.Settles() {
			continue
		}
		if first == nil || later.Created.Before(first.Created) {
			first = later
		}
	}
	if first == nil {
		first = answered(r, all)
	}
	return first
}

// answered is the run that followed from an answer to what a run asked for, and ended without doing it; nil where there
// is none. What waits once more, or still, has not ended.
func answered(r *run.Run, all []*run.Run) *run.Run {
	for _, later := range all {
		if later.Reply == nil || later.Reply.Run != r.ID || !follows(later, r) {
			continue
		}
		switch later.Status { //nolint:exhaustive // the others settle it, or wait
		case run.StatusRefused, run.StatusDenied, run.StatusFailed, run.StatusUnverified:
			return later
		}
	}
	return nil
}

// asks tells that a run ended with its plan, for somebody to carry out.
func asks(r *run.Run) bool {
	return r.Status == run.StatusAwaitingApproval || r.Status == run.StatusPlanned
}

// follows tells that a run is a later one of the same work.
func follows(later, r *run.Run) bool {
	return later.Key == r.Key.Work() && later.Created.After(r.Created)
}

// then says what became of a run afterwards, "" if nothing did. All are the runs among which is what did.
func then(r *run.Run, all []*run.Run) string {
	settled := settledBy(r, all)
	switch {
	case r.UndoneBy != "":
		return takenBack(r, all)
	case settled == nil:
		return ""
	case settled.UndoneBy != "":
		return "carried out by run " + settled.ID + ", which was " + takenBack(settled, all)
	case settled.Status == run.StatusVerified:
		return "carried out by run " + settled.ID
	case settled.Rejected() && settled.Reply.Word == run.Lapse:
		return "not approved in time: run " + settled.ID
	case settled.Rejected():
		return "denied: run " + settled.ID
	case !settled.Status.Settles():
		return "approved, but run " + settled.ID + " ended as " + string(settled.Status)
	}
	return "run " + settled.ID + " found it " + string(settled.Status)
}

// since is what happened after a run: the runs that took it back or dealt with what it asked for, and to its resource.
type since struct {
	runs []*run.Run
	hold *run.Hold
}

// lookUp asks the ledger for it.
func lookUp(ctx context.Context, book ledger.Ledger, r *run.Run, now time.Time) (s since, err error) {
	if s.hold, err = book.Hold(ctx, r.Key.Work(), now); err != nil {
		return s, err
	}
	s.runs, err = laterRuns(ctx, book, []*run.Run{r})
	return s, err
}

// laterRuns are the runs that may have dealt with what some of these runs only showed or asked for, and those that took
// one of them back.
func laterRuns(ctx context.Context, book ledger.Ledger, runs []*run.Run) ([]*run.Run, error) {
	later, err := answers(ctx, book, runs)
	if err != nil {
		return nil, err
	}
	undos, err := undosOf(ctx, book, slices.Concat(runs, later))
	return append(later, undos...), err
}

// answers are the runs of the same work since the first of those that asked for something.
func answers(ctx context.Context, book ledger.Ledger, runs []*run.Run) ([]*run.Run, error) {
	oldest := map[run.Key]time.Time{}
	for _, r := range runs {
		if before, known := oldest[r.Key]; asks(r) && (!known || r.Created.Before(before)) {
			oldest[r.Key] = r.Created
		}
	}
	var mu sync.Mutex
	var later []*run.Run
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(lookUps)
	for key, since := range oldest {
		g.Go(func() error {
			page, err := book.History(ctx, run.Query{
				Accounts: []string{key.Account}, Control: key.Control, Resource: key.Resource, Since: since,
			})
			mu.Lock()
			defer mu.Unlock()
			later = append(later, page.Runs...)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("look for what became of runs: %w", err)
	}
	return later, nil
}

// lookUps is how many pieces of work are looked up at a time.
const lookUps = 8

// agreed says what Security Hub's own check said of a fix, "" where nobody asks it.
func agreed(r *run.Run) string {
	if r.UndoneBy != "" {
		return "" // it was about what is there no more, and it is right to see that as failed
	}
	if r.Recurrence != nil {
		return "undone since: read again at " + stamp(r.Recurrence.At) + ", it does not meet the control any more"
	}
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
	if r.Confirm.IsZero() {
		return ""
	}
	return "Security Hub is asked after " + stamp(r.Confirm) + " whether it agrees"
}

// stamp is a time as people are shown it.
func stamp(t time.Time) string { return t.UTC().Format(time.DateTime) + " UTC" }
