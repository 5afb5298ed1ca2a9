// Package sweep looks, once a minute, for what is due: runs that wait, accounts
// that wait for their role, people who have not been told, and fixes that
// Security Hub should have confirmed by now.
package sweep

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/run"
)

// Sweep resumes what is due, tells people of what they have not been told, and
// asks Security Hub whether it agrees by now.
func (s *Sweeper) Sweep(ctx context.Context) error {
	defer s.Beat() // whatever comes of it: the alarm is for those that nobody hears of any more
	now := s.Now()
	if now.Minute() < listenFor {
		s.unswept(ctx, "", s.listen(ctx))
		s.unswept(ctx, "", s.ending(ctx))
	}
	if now.Minute()%hastenEvery == 0 {
		s.unswept(ctx, "", s.hasten(ctx))
	}
	ids, err := s.Due.Due(ctx, now, sweepLimit)
	if err != nil {
		return err
	}
	s.unswept(ctx, "", s.probe(ctx))
	// What is in the way of one is no reason to leave the others, nor to sweep twice.
	untold, err := s.Untold.Untold(ctx, now, sweepLimit)
	s.unswept(ctx, "", errors.Join(err, s.tellTogether(ctx, untold)))
	unconfirmed, err := s.Unconfirmed.Unconfirmed(ctx, now, sweepLimit)
	s.unswept(ctx, "", errors.Join(err, s.confirm(ctx, unconfirmed)))
	s.unswept(ctx, "", s.lapse(ctx))
	var group errgroup.Group
	group.SetLimit(run.InParallel)
	group.Go(func() error { // beside the others: it may take as long as all of them
		s.unswept(ctx, "", s.chart(ctx))
		return nil
	})
	for _, id := range ids {
		group.Go(func() error {
			if ctx.Err() == nil { // the rest is due in the next sweep as well
				s.unswept(ctx, id, s.Resume(ctx, id))
			}
			return nil
		})
	}
	_ = group.Wait()                                               // what went wrong is noted, run by run
	s.unswept(ctx, "", errors.Join(s.evaluate(ctx), s.looks(ctx))) // nobody waits for them
	return nil
}

// listenFor is how many minutes of an hour are for a look at what brings events: one sweep may get lost.
const listenFor = 2

// listen notes which sources of events are switched off. An alarm tells of them: nobody else would, for it looks like
// a quiet night.
func (s *Sweeper) listen(ctx context.Context) error {
	names, err := s.Deaf(ctx)
	for _, name := range names {
		s.Audit(ctx, audit.Line{Time: s.Now(), Event: audit.NotFed, Reason: name + " brings no events: it is not enabled"})
	}
	return err
}

// unswept notes what a sweep could not do, and puts off the run it could not
// take up: at the head of the queue it would hide the others.
func (s *Sweeper) unswept(ctx context.Context, id string, err error) {
	if err == nil {
		return
	}
	s.Audit(ctx, audit.Line{Time: s.Now(), Event: audit.NotSwept, Run: id, Error: err.Error()})
	if id == "" {
		return
	}
	ctx, cancel := run.Recording(ctx)
	defer cancel()
	if err := s.Due.Postpone(ctx, id, s.Now().Add(run.LongestWait)); err != nil {
		s.Audit(ctx, audit.Line{Time: s.Now(), Event: audit.NotSwept, Run: id, Error: err.Error()})
	}
}

// sweepLimit bounds one sweep; more is found a minute later.
const sweepLimit = 50
