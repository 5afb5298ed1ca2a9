package sweep

import (
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

const (
	// lookReserved is how long a sweep has for a look before the next one takes it for dead.
	lookReserved = 10 * time.Minute
	// lookSoon is when a look is worth another try that a stop, a run or trouble that passes was in the way of, and
	// lookLater the same for what a person has to mend.
	lookSoon, lookLater = time.Hour, 24 * time.Hour
)

// Fixes knows what was fixed and is due for another look. internal/ledger implements it.
type Fixes interface {
	Fixed(ctx context.Context, now, until time.Time, limit int32) ([]run.Fixed, error)
	Stays(ctx context.Context, f run.Fixed, next time.Time) error
	Recurs(ctx context.Context, f run.Fixed, r run.Recurrence, tell time.Time) (bool, error)
}

// Counts counts within spans of time. internal/ledger implements it.
type Counts interface {
	Count(ctx context.Context, key string, within time.Duration, now time.Time) (int, error)
}

// looks has fixed resources read again that are due, a sixtieth of an hour's budget each minute.
func (s *Sweeper) looks(ctx context.Context) error {
	config, err := s.People.Configured(ctx)
	if err != nil {
		return err
	}
	budget := config.ReadsPerHour()
	if budget == 0 {
		return nil
	}
	now := s.Now()
	due, err := s.Fixes.Fixed(ctx, now, now.Add(lookReserved), int32((budget+59)/60))
	errs := make([]error, len(due)+1)
	errs[len(due)] = err
	var group errgroup.Group
	group.SetLimit(run.InParallel)
	for i, f := range due {
		group.Go(func() error {
			if ctx.Err() == nil { // the rest is due in ten minutes as well
				errs[i] = s.lookWithin(ctx, f, budget)
			}
			return nil
		})
	}
	_ = group.Wait() // every error is in errs
	return errors.Join(errs...)
}

// lookWithin looks at a fix, if that is within the budget of the hour. What cannot be counted is not read.
func (s *Sweeper) lookWithin(ctx context.Context, f run.Fixed, budget int) error {
	n, err := s.Counts.Count(ctx, "looks", time.Hour, s.Now())
	if err != nil || n > budget {
		return err // it is due again in ten minutes
	}
	looked, err := s.LookAgain(ctx, f)
	if err != nil {
		return s.unread(ctx, f, looked, err)
	}
	now := s.Now()
	switch looked.Verdict {
	case run.LookedStands:
		s.lookedAt(ctx, audit.Stands, looked.Run, "", nil)
		return s.Fixes.Stays(ctx, f, f.Next(now))
	case run.LookedUndone:
		return s.recurs(ctx, f, looked)
	case run.LookedOver:
		return s.Fixes.Stays(ctx, f, time.Time{})
	case run.LookedNot:
		return s.Fixes.Stays(ctx, f, f.Next(now))
	case run.LookedSoon:
	}
	return s.Fixes.Stays(ctx, f, now.Add(lookSoon))
}

// unread puts a look off that could not be taken. It says nothing of the fix.
func (s *Sweeper) unread(ctx context.Context, f run.Fixed, looked run.Looked, why error) error {
	r := looked.Run
	if r == nil {
		r = &run.Run{ID: f.Fix, Key: f.Key} // it could not be read itself
	}
	s.lookedAt(ctx, audit.Unreadable, r, "", why)
	next := s.Now().Add(lookLater)
	if fault.Of(why) == fault.Retry {
		next = s.Now().Add(lookSoon)
	}
	return s.Fixes.Stays(ctx, f, next)
}

// recurs notes that a fix is undone, for people to be told with the next digest. Nothing is fixed by that: Security Hub
// reports the resource, and what it reports is asked the gate.
func (s *Sweeper) recurs(ctx context.Context, f run.Fixed, looked run.Looked) error {
	now, r := s.Now(), looked.Run
	place, err := s.Counts.Count(ctx, "recurred#"+r.Key.Control+"#"+r.Key.Account, run.LookAgain, now)
	if err != nil {
		return err // it is looked at again in ten minutes
	}
	if err := s.Doubt(ctx, r, "the fix of run "+r.ID+" was found undone"); err != nil {
		return err
	}
	found := run.Recurrence{At: now, Left: looked.Left, Times: f.Recurrences + 1, Place: place}
	noted, err := s.Fixes.Recurs(ctx, f, found, now.Add(s.Digest))
	if err != nil || !noted {
		return err
	}
	r.Recurrence = &found
	s.lookedAt(ctx, audit.Recurred, r, strings.Join(found.Left, ", "), nil)
	return nil
}

// lookedAt notes what came of a look.
func (s *Sweeper) lookedAt(ctx context.Context, event string, r *run.Run, what string, why error) {
	line := audit.Line{
		Time: s.Now(), Event: event, Run: r.ID, Control: r.Key.Control, Account: r.Key.Account, Region: r.Region,
		Resource: r.Key.Resource, Reason: what,
	}
	if why != nil {
		line.Error = why.Error()
	}
	s.Audit(ctx, line)
}
