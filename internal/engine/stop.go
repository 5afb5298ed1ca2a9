package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// Limits of what people wrote, so that the way out is not cut off.
const (
	maxOwner  = 60
	maxReason = 200
)

// stopped is the stop that holds for a control now, if there is one.
func (e *Engine) stopped(ctx context.Context, control string) (gate.Stop, bool, error) {
	overlay, err := e.Stops.Overlay(ctx)
	if err != nil {
		return gate.Stop{}, false, err
	}
	s, held := overlay.Stopped(control, e.Now())
	return s, held, nil
}

// unstopped refuses an operator's wish while a stop holds, before anything is opened.
func (e *Engine) unstopped(ctx context.Context, control string) error {
	s, held, err := e.stopped(ctx, control)
	if err != nil || !held {
		return err
	}
	until := ""
	if !s.Expires.IsZero() {
		until = " (until " + plain.Minute(s.Expires) + ")"
	}
	return fault.New(fault.Refused, "%s%s; to go on: %s", stopSentence(s, control), until, ResumeCommand(s, control))
}

// halted puts off a run that waited and meets a stop now. What has begun is
// finished, and a stop is no reason not to take something back.
func (a *attempt) halted(ctx context.Context, c control.Control) error {
	r := a.r
	if r.Attempts == 0 || begun(r) || r.Undoes != "" {
		return nil
	}
	s, held, err := a.stopped(ctx, c.ID)
	if err != nil || !held {
		return err
	}
	if s.Owner == breaker {
		a.tripped(ctx, c.ID, s) // who stopped it may have died before people knew
	}
	return a.putOff(ctx, s.Again(a.Now()), stopSentence(s, c.ID))
}

// putOff lets a run wait for somebody's leave, however often it is looked at.
func (a *attempt) putOff(ctx context.Context, until time.Time, why string) error {
	r := a.r
	r.Attempts-- // that was no try
	r.Status, r.Lease, r.Due, r.Reason = run.StatusDeferred, a.Now(), until, why
	ctx, cancel := books(ctx)
	defer cancel()
	if err := a.Waiting.Rest(ctx, r); err != nil {
		return fmt.Errorf("put off run: %w", err)
	}
	a.audit(ctx, audit.Deferred, r, nil)
	if err := a.Nudge(ctx, r.ID, until.Sub(a.Now())); err != nil {
		a.audit(ctx, audit.NudgeFailed, r, err)
	}
	return errDeferred
}

// refusedByStop is what a person hears who clicked while a stop holds.
func (e *Engine) refusedByStop(ctx context.Context, o note.Outcome) (note.Outcome, error) {
	s, held, err := e.stopped(ctx, o.Control)
	if err != nil || !held { // lifted meanwhile: who clicks again gets further
		return o, err
	}
	o.Reason, o.Until, o.ToDo = stopSentence(s, o.Control), s.Expires, ResumeCommand(s, o.Control)
	return o, nil
}

// stopSentence says who stopped what, and why.
func stopSentence(s gate.Stop, control string) string {
	if s.Everything() {
		control = "everything"
	}
	owner := plain.Short(s.Owner, maxOwner)
	if owner == "" {
		owner = "somebody"
	}
	text := owner + " stopped " + control
	if reason := strings.TrimRight(plain.Short(s.Reason, maxReason), ". "); reason != "" {
		text += ": " + reason
	}
	return text
}

// ResumeCommand is the command that lifts a stop that holds for a control.
func ResumeCommand(s gate.Stop, control string) string {
	if s.Everything() {
		return "salve resume"
	}
	return "salve resume " + control
}
