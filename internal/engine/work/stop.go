package work

import (
	"context"
	"fmt"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/breaker"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// stopped is the stop that holds for a control in an account now, if there is one.
func (w *Worker) stopped(ctx context.Context, control, account string) (gate.Stop, bool, error) {
	overlay, err := w.Stops.Overlay(ctx)
	if err != nil {
		return gate.Stop{}, false, err
	}
	s, held := overlay.Stopped(control, account, w.Now())
	return s, held, nil
}

// unstopped refuses an operator's wish while a stop holds, before anything is opened.
func (w *Worker) unstopped(ctx context.Context, control, account string) error {
	s, held, err := w.stopped(ctx, control, account)
	if err != nil || !held {
		return err
	}
	until := ""
	if !s.Expires.IsZero() {
		until = " (until " + plain.Minute(s.Expires) + ")"
	}
	return fault.New(fault.Refused, "%s%s; to go on: %s", s.Sentence(control), until, s.Resume(control))
}

// halted puts off a run that waited and meets a stop now. What is written in part is
// finished, a stop is no reason not to take something back, and who clicked for a plan hears of it.
func (a *attempt) halted(ctx context.Context, c control.Control) error {
	r := a.r
	if a.fresh() || a.finishes() || r.Undoes != "" || r.Key.Reads {
		return nil
	}
	s, held, err := a.stopped(ctx, c.ID, r.Key.Account)
	if err != nil {
		return a.putOff(ctx, a.Now().Add(run.LongestWait), "Whether it is stopped cannot be read.")
	}
	if !held {
		return nil
	}
	if s.Owner == breaker.Owner {
		a.Breaker.Tripped(ctx, c.ID, s) // who stopped it may have died before people knew
	}
	return a.putOff(ctx, s.Again(a.Now()), s.Sentence(c.ID))
}

// putOff lets a run wait for somebody's leave, however often it is looked at. It leaves its resource to others, but for
// one of which nobody can tell whether it has written.
func (a *attempt) putOff(ctx context.Context, until time.Time, why string) error {
	r := a.r
	r.Attempts-- // that was no try
	r.Status, r.Lease, r.Due, r.Reason = run.StatusDeferred, run.LetGo(a.Now()), until, why
	ctx, cancel := run.Recording(ctx)
	defer cancel()
	rest := a.Runs.Rest
	if r.Begun() {
		rest, r.AfterHash = a.Runs.Save, ""
	}
	if err := rest(ctx, r); err != nil {
		return fmt.Errorf("put off run: %w", err)
	}
	a.Audit.Run(ctx, a.Now(), audit.Deferred, r, nil)
	if err := a.Nudge(ctx, r, until.Sub(a.Now())); err != nil {
		a.Audit.Run(ctx, a.Now(), audit.NudgeFailed, r, err)
	}
	return errDeferred
}

// refusedByStop is what a person hears who clicked while a stop holds.
func (w *Worker) refusedByStop(ctx context.Context, o note.Outcome, account string) (note.Outcome, error) {
	s, held, err := w.stopped(ctx, o.Control, account)
	if err != nil || !held { // lifted meanwhile: who clicks again gets further
		return o, err
	}
	o.Reason, o.Until, o.ToDo = s.Sentence(o.Control), s.Expires, s.Resume(o.Control)
	return o, nil
}
