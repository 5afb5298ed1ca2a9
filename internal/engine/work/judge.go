package work

import (
	"bytes"
	"context"
	"errors"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/tell"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// judge turns what the last look showed into an outcome. A write error means
// unknown: only the look decides whether it worked.
func (a *attempt) judge(ctx context.Context, seen control.Seen, written error) error {
	r := a.r
	if err := a.partly(seen, written); err != nil {
		return err
	}
	switch {
	case len(seen.Left) == 0 && r.Undoes != "":
		return a.conclude(ctx, ended{status: run.StatusUndone})
	case len(seen.Left) == 0:
		return a.conclude(ctx, ended{status: run.StatusVerified})
	case fault.Of(written) == fault.Gone:
		return a.referred(ctx, written)
	case written != nil:
		return a.fail(ctx, written)
	}
	return a.conclude(ctx, ended{status: run.StatusUnverified, err: leftError(seen), patient: seen.Waits != ""})
}

// fail sorts an error into a deferral or an outcome.
func (a *attempt) fail(ctx context.Context, err error) error {
	var drift *control.DriftError
	switch class := fault.Of(err); {
	case errors.Is(err, run.ErrLost):
		return err
	case errors.As(err, &drift), errors.Is(err, control.ErrSealed):
		return a.conclude(ctx, ended{status: run.StatusRefused, err: err})
	case class == fault.NotOnboarded && (a.r.Trigger == run.TriggerImported || a.r.Unready):
		return a.notOnboarded(ctx, err)
	case class == fault.Retry:
		return a.deferRun(ctx, err, a.attempts(ctx), run.LongestWait)
	case class == fault.Gone:
		return a.gone(ctx, err)
	case class == fault.Refused, class == fault.Drifted:
		return a.conclude(ctx, ended{status: run.StatusRefused, err: err})
	case class == fault.NotOnboarded:
		a.r.ToDo = tell.Onboard(a.r.Key.Account) + ", then ask again"
		return a.conclude(ctx, ended{status: run.StatusDenied, err: err})
	case class == fault.Denied:
		return a.conclude(ctx, ended{status: run.StatusDenied, err: err})
	}
	return a.conclude(ctx, ended{status: run.StatusFailed, err: err})
}

// attempts is how often a run is tried before people are told that it failed; where the configuration cannot be read,
// as often as it would be without one.
func (a *attempt) attempts(ctx context.Context) int {
	config, err := a.Configured(ctx)
	if err != nil {
		return run.MaxAttempts
	}
	return config.Attempts(run.MaxAttempts)
}

// referredTries is how often a write is tried that misses something beside its resource: what was made a moment ago
// may not be known everywhere.
const referredTries = 2

// referred ends a run whose write said gone where the look found the resource: what it refers to is not there, or a
// part of the resource went away under the write, which the next try sees. An undo refers to nothing that was just
// made.
func (a *attempt) referred(ctx context.Context, written error) error {
	if a.r.Undoes != "" {
		return a.conclude(ctx, ended{status: run.StatusFailed, err: written})
	}
	return a.deferRun(ctx, fault.Wrap(fault.Retry, written), referredTries, run.LongestWait)
}

// partly keeps what the last look saw of a plan, if it saw anything.
func (a *attempt) partly(seen control.Seen, written error) error {
	if seen.Hash == "" {
		return nil
	}
	a.r.AfterHash = seen.Hash
	if drift := new(control.DriftError); errors.As(written, &drift) {
		seen.Changes = drift.Mark(seen.Changes)
	}
	return a.looked(seen.Changes)
}

// leftBy looks at what an earlier try left of a stored plan that cannot go on. That this look fails too is no news.
func (a *attempt) leftBy(ctx context.Context, c control.Control, env control.Env, why error) {
	if a.r.BeforeHash != "" && a.r.Plan != nil {
		_ = a.lookAt(ctx, c, env, why)
	}
}

// lookAt notes what is there of a stored plan right before it goes on. It fails where the resource cannot be read.
func (a *attempt) lookAt(ctx context.Context, c control.Control, env control.Env, why error) error {
	a.r.AfterHash = ""
	known := a.r.Plan.Changes
	seen, err := c.Verify(ctx, env, *a.r.Plan)
	if seen.Hash == "" {
		return err
	}
	if err := a.partly(seen, why); err != nil {
		return err
	}
	for i, ch := range a.r.Plan.Changes { // nothing was written right before the look: whose value it is nobody knows
		sameAsThen := i < len(known) && known[i].Path == ch.Path && len(ch.Got) > 0 && bytes.Equal(known[i].Got, ch.Got)
		if ch.Moved() && !ch.Made() && !sameAsThen { // but for what the look after the write has shown
			a.r.Plan.Changes[i].Unsure, a.r.Plan.Changes[i].Got = true, nil
		}
	}
	return nil
}

// truly is the status of an end: a run that left the resource changed has failed, and did not refuse; an undo that was
// seen to put a part back has undone that.
func truly(r *run.Run, status run.Status) run.Status {
	switch status { //nolint:exhaustive // the others are what they say
	case run.StatusRefused, run.StatusFailed, run.StatusDenied:
	default:
		return status
	}
	switch {
	case !r.Changed():
		return status
	case r.Undoes != "" && r.AfterHash != "":
		return run.StatusUndoneInPart
	case status == run.StatusRefused:
		return run.StatusFailed
	}
	return status
}
