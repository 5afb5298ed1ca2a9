package sweep

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

const (
	confirmAgain = 24 * time.Hour
	// disputeAgain is when a finding that could not be updated is tried again.
	disputeAgain = time.Hour
	// confirmUntil is when nobody asks any more.
	confirmUntil = 7 * 24 * time.Hour
)

// confirm compares what we proved with what Security Hub says after its own
// next check. A finding we resolved that it still sees as failed goes back to
// people: it would stay RESOLVED for ever.
func (s *Sweeper) confirm(ctx context.Context, runs []*run.Run) error {
	var errs []error
	for _, some := range byRegions(runs) {
		views, err := s.Look.Findings(ctx, some...)
		errs = append(errs, err)
		for _, r := range some {
			if err == nil {
				errs = append(errs, s.confirmOne(ctx, r, views))
				continue
			}
			// Nothing can be said of those that were not read, and they keep nobody else waiting.
			errs = append(errs, s.unasked(ctx, r))
		}
	}
	return errors.Join(errs...)
}

// byRegions puts runs together whose findings are told in the same Regions: each
// Region is asked once, unless runs have several, and one that does not answer is
// in the way of its own.
func byRegions(runs []*run.Run) [][]*run.Run {
	together := map[string][]*run.Run{}
	for _, r := range runs {
		regions := map[string]bool{}
		for _, f := range r.Findings {
			regions[f.Region] = true
		}
		key := strings.Join(slices.Sorted(maps.Keys(regions)), " ")
		together[key] = append(together[key], r)
	}
	var out [][]*run.Run
	for _, key := range slices.Sorted(maps.Keys(together)) {
		out = append(out, together[key])
	}
	return out
}

// unasked puts a run off that nothing can be said of now, for a week at most.
func (s *Sweeper) unasked(ctx context.Context, r *run.Run) error {
	r.Confirmed, r.Confirm = "", s.Now().Add(run.LongestWait)
	if !s.Now().Before(r.Finished.Add(confirmUntil)) {
		r.Confirmed, r.Confirm = run.ConfirmedNever, time.Time{}
	}
	return s.Unconfirmed.Confirmed(ctx, r)
}

func (s *Sweeper) confirmOne(ctx context.Context, r *run.Run, views map[finding.Key]finding.View) error {
	r.Confirmed, r.Confirm = verdict(r, views), time.Time{}
	last, err := s.Unconfirmed.LastFix(ctx, r.Key)
	if err != nil {
		return errors.Join(err, s.unasked(ctx, r))
	}
	switch {
	case last != "" && last != r.ID && last != r.Previous:
		r.Confirmed = run.ConfirmedLater // what Security Hub says is about another run's work
	case r.Confirmed == run.ConfirmedNever && s.Now().Before(r.Finished.Add(confirmUntil)):
		r.Confirmed, r.Confirm = "", s.Now().Add(confirmAgain)
	case r.Confirmed == run.ConfirmedDisputed:
		return s.disputed(ctx, r, views)
	case r.Confirmed == run.ConfirmedPassed:
		return s.held(ctx, r)
	}
	return s.Unconfirmed.Confirmed(ctx, r)
}

// held counts a fix that has held before it is stored that it has: whoever dies in between counts it again, once.
func (s *Sweeper) held(ctx context.Context, r *run.Run) error {
	again, err := s.Held(ctx, r)
	if err != nil {
		return errors.Join(err, s.unasked(ctx, r))
	}
	if !again.IsZero() && again.Before(r.Finished.Add(confirmUntil)) {
		r.Confirmed, r.Confirm = "", again
	}
	return s.Unconfirmed.Confirmed(ctx, r)
}

// verdict is the gravest thing Security Hub says of the run's findings.
func verdict(r *run.Run, views map[finding.Key]finding.View) run.Confirmed {
	said := run.ConfirmedGone
	for key := range r.Findings {
		v, there := views[key]
		switch {
		case !there || !v.Active():
		case v.Passed():
			if said == run.ConfirmedGone {
				said = run.ConfirmedPassed
			}
		case v.Failing() && r.Against(v.Updated): // an earlier check waits for the next one
			return run.ConfirmedDisputed
		default:
			said = run.ConfirmedNever
		}
	}
	return said
}

// lastFailed is when Security Hub last saw a finding of the run as failed.
func lastFailed(r *run.Run, views map[finding.Key]finding.View) time.Time {
	var last time.Time
	for key := range r.Findings {
		if v := views[key]; v.Failing() && v.Updated.After(last) {
			last = v.Updated
		}
	}
	return last
}

// dispute tells people that our read and Security Hub disagree. What they have
// written on a finding themselves meanwhile is left alone.
func (s *Sweeper) dispute(ctx context.Context, r *run.Run, views map[finding.Key]finding.View) error {
	o := note.Of(r)
	o.Outcome, o.Trigger, o.Written, o.ToDo = outcome.Disputed, outcome.Check, r.Changed(), "salve verify "+r.ID
	row := o.Row()
	o.Reason = note.Differs(r, lastFailed(r, views))
	updates := o.OnThose(r, views, func(v finding.View) bool { return v.Resolved() && !v.Passed() })
	if _, err := s.Hub.Apply(ctx, updates); err != nil {
		return err
	}
	if err := s.Doubt(ctx, r, "Security Hub disputes run "+r.ID); err != nil {
		return err
	}
	s.Audit.Run(ctx, s.Now(), audit.Disputed, r, nil)
	if row.Breaker {
		s.Breaker.Tally(ctx, r, run.StatusUnverified)
	}
	n := s.People.Of(r)
	n.Kind, n.ToDo = notice.Kind(row.Kind), o.ToDo
	n.Why = o.Reason
	s.People.Inform(ctx, n)
	return nil
}
