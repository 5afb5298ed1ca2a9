package work

import (
	"context"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/run"
)

// Exceptions are those for what a request would write to, also those that have ended.
func (w *Worker) Exceptions(ctx context.Context, req Request) ([]gate.Exception, error) {
	c, err := w.controlFor(ctx, req)
	if err != nil {
		return nil, err
	}
	return w.excepting(ctx, c, req.Target)
}

// excepting are those of the document, those that people made by hand and those that owners ask for by a tag.
func (w *Worker) excepting(ctx context.Context, c control.Control, t control.Target) ([]gate.Exception, error) {
	config, err := w.Configured(ctx)
	if err != nil {
		return nil, err
	}
	overlay, err := w.Stops.Overlay(ctx)
	if err != nil {
		return nil, err
	}
	asked, err := w.byOwner(ctx, config, overlay, c, t)
	wanted := wish(w.Controls, c, t)
	return slices.Concat(config.Excepting(wanted), overlay.Excepting(wanted), asked), err
}

// Held are all exceptions, of the document, by hand and by a tag.
func (w *Worker) Held(ctx context.Context) ([]gate.Exception, error) {
	config, err := w.Configured(ctx)
	if err != nil {
		return nil, err
	}
	overlay, err := w.Stops.Overlay(ctx)
	return slices.Concat(config.Exceptions, overlay.Exceptions, overlay.Asked()), err
}

// excepted is the exception that protects now what a control would write to.
func (w *Worker) excepted(ctx context.Context, c control.Control, t control.Target) (
	e gate.Exception, held bool, err error,
) {
	all, err := w.exceptions(ctx, c, t)
	if err != nil || len(all) == 0 {
		return gate.Exception{}, false, err
	}
	return all[0], true, nil
}

// exceptions are all that protect it now.
func (w *Worker) exceptions(ctx context.Context, c control.Control, t control.Target) ([]gate.Exception, error) {
	all, err := w.excepting(ctx, c, t)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(e gate.Exception) bool { return !e.Active(w.Now()) }), nil
}

// despite refuses an operator's wish while an exception holds, before anything is
// opened, unless he says that he acts in spite of it: then the run says so too.
func (w *Worker) despite(ctx context.Context, c control.Control, req Request) (string, error) {
	all, err := w.exceptions(ctx, c, req.Target)
	if err != nil || len(all) == 0 {
		return "", err
	}
	said := make([]string, 0, len(all))
	for _, e := range all {
		said = append(said, e.Sentence())
	}
	if req.Despite {
		return strings.Join(said, "; "), nil
	}
	return "", fault.New(fault.Refused, "%s; ask its owner to end it, or answer for it: --despite-exception",
		strings.Join(said, "; "))
}

// insists says in the audit log that a run acts in spite of an exception.
func (w *Worker) insists(ctx context.Context, r *run.Run) {
	if r.Despite == "" {
		return
	}
	line := *r
	line.Reason = r.Despite
	w.Audit.Run(ctx, w.Now(), audit.Insisted, &line, nil)
}

// protected ends an operator's run that waited, wrote nothing and meets an
// exception now that he has not answered for.
func (a *attempt) protected(ctx context.Context, c control.Control) (end ended, stop bool, err error) {
	r := a.r
	if a.finishes() || r.Undoes != "" {
		return ended{}, false, nil // to take something back is what the exception wants
	}
	all, err := a.exceptions(ctx, c, r.Target())
	for _, e := range all {
		if !strings.Contains(r.Despite, e.Sentence()) {
			return ended{status: run.StatusRefused, why: e.Sentence() + "."}, true, nil
		}
	}
	if err != nil {
		return ended{}, false, err
	}
	d, held, err := a.frozen(ctx, c, r.Target())
	if err != nil || !held || strings.Contains(r.Despite, d.Held()) {
		return ended{}, false, err
	}
	return ended{status: run.StatusRefused, why: d.Held() + d.Till() + "."}, true, nil
}

// refusedByException is what a person hears who clicked on what an exception protects.
func (w *Worker) refusedByException(
	ctx context.Context, o note.Outcome, c control.Control, t control.Target,
) (note.Outcome, error) {
	e, held, err := w.excepted(ctx, c, t)
	if err != nil || !held { // ended meanwhile: who clicks again gets further
		return o, err
	}
	o.Reason, o.Until, o.ToDo = e.Sentence(), e.Ends(), "ask its owner to end the exception"
	return o, nil
}

// notAllowed says why a run that waited may not act any more.
func (a *attempt) notAllowed(ctx context.Context, d gate.Decision, c control.Control) string {
	if d.Reason == gate.Excepted {
		if e, held, err := a.excepted(ctx, c, a.r.Target()); err == nil && held {
			return e.Sentence() + "."
		}
	}
	return d.Reason.Sentence()
}
