package work

import (
	"context"
	"errors"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// LookAgain reads again, by the playbook and the parameters of the fix and in a session that cannot write, what a fix
// led to. Where that is not to be asked it reads nothing, and says so. An error says that nobody knows.
func (w *Worker) LookAgain(ctx context.Context, f run.Fixed) (run.Looked, error) {
	switch {
	case f.Fix == "":
		return run.Looked{Verdict: run.LookedOver}, nil // it was met without a fix of ours
	case f.Open:
		return run.Looked{Verdict: run.LookedSoon}, nil // its run says how it is
	case f.Held:
		return run.Looked{Verdict: run.LookedNot}, nil // people know that it is not as the control wants it
	}
	r, err := w.inForce(ctx, f)
	newer := new(run.SchemaError)
	switch {
	case errors.As(err, &newer):
		return run.Looked{Verdict: run.LookedNot}, nil
	case err != nil:
		return run.Looked{}, err
	case r == nil:
		return run.Looked{Verdict: run.LookedOver}, nil
	}
	c, known := w.Controls.Get(r.Key.Control)
	if !known {
		return run.Looked{Verdict: run.LookedOver, Run: r}, nil // only its runbook could tell
	}
	if verdict, err := w.mayLook(ctx, c, r); verdict != "" || err != nil {
		return run.Looked{Verdict: verdict, Run: r}, err
	}
	return w.look(ctx, r)
}

// inForce is the run whose fix is the last that became of the work; nil where it was taken back, is not kept any more,
// or a later run has ended otherwise: then Security Hub has reported it since, or a person wants it so.
func (w *Worker) inForce(ctx context.Context, f run.Fixed) (*run.Run, error) {
	r, err := w.Runs.Get(ctx, f.Fix)
	switch {
	case errors.Is(err, run.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case r.State != run.StateClosed || r.Status != run.StatusVerified || r.UndoneBy != "" || r.Recurrence != nil:
		return nil, nil
	case f.Last == f.Fix:
		return r, nil
	}
	last, err := w.Runs.Get(ctx, f.Last)
	switch {
	case errors.Is(err, run.ErrNotFound):
		return r, nil
	case err != nil:
		return nil, err
	case last.Status == run.StatusCompliant, last.Idle():
		return r, nil
	}
	return nil, nil
}

// mayLook asks whether a control is on where the fix was made, as for a person who asks: what is off there, disabled or
// excepted is not read, and while a stop holds nothing is. Empty: it may be read.
func (w *Worker) mayLook(ctx context.Context, c control.Control, r *run.Run) (run.LookedVerdict, error) {
	_, stopped, err := w.stopped(ctx, c.ID, r.Key.Account)
	if err != nil {
		return "", err
	}
	if stopped {
		return run.LookedSoon, nil
	}
	asks := *r
	asks.Trigger = run.TriggerClick
	a := &attempt{Worker: w, r: &asks, dry: true}
	d, _, err := a.decided(ctx, c, names.ActionRemediate)
	if err != nil {
		return "", err
	}
	switch d.Verdict {
	case gate.Act, gate.Preview, gate.Ask, gate.Defer: // a window is about changes
		return "", nil
	case gate.Refuse, gate.Ignore:
	}
	return run.LookedNot, nil
}

// look reads the resource and says what is left of the fix.
func (w *Worker) look(ctx context.Context, r *run.Run) (out run.Looked, err error) {
	defer func() { // a defect of a playbook that nobody asked for
		if defect := recover(); defect != nil {
			out, err = run.Looked{Run: r}, defective(defect)
		}
	}()
	plan, err := w.Reread(ctx, Request{
		Control: r.Key.Control, Target: r.Target(), Scope: r.Key.Scope, Actor: "Salve", Params: r.Params,
	})
	out = run.Looked{Verdict: run.LookedStands, Run: r}
	switch {
	case fault.Of(err) == fault.Gone:
		out.Verdict = run.LookedOver
		return out, nil
	case err != nil:
		return run.Looked{Run: r}, err
	case plan.Empty():
		return out, nil
	}
	out.Verdict = run.LookedUndone
	for _, change := range plan.Changes {
		out.Left = append(out.Left, change.Name())
	}
	return out, nil
}
