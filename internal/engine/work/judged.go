package work

import (
	"context"
	"slices"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

// Parameters are the values that hold for a request. It returns the request with what Security Hub was asked for, so
// that nobody has to ask twice.
func (w *Worker) Parameters(ctx context.Context, req Request) (control.Choice, Request, error) {
	c, err := w.controlFor(ctx, req)
	if err != nil {
		return control.Choice{}, req, err
	}
	if req, err = w.judged(ctx, c, req); err != nil {
		return control.Choice{}, req, err
	}
	params, err := w.params(ctx, c, req.Params, req.Judged)
	if err == nil {
		params, err = w.raised(ctx, c, req.Target, nil, params)
	}
	return params, req, err
}

// chosen are the values that hold for a request to a control.
func (w *Worker) chosen(ctx context.Context, c control.Control, req Request) (control.Choice, error) {
	req, err := w.judged(ctx, c, req)
	if err != nil {
		return control.Choice{}, err
	}
	params, err := w.params(ctx, c, req.Params, req.Judged)
	if err != nil {
		return control.Choice{}, err
	}
	return w.raised(ctx, c, req.Target, nil, params)
}

// judged is the request with the parameters that Security Hub judges the control by in the member: it is asked where no
// finding says so and not all of them are set.
func (w *Worker) judged(ctx context.Context, c control.Control, req Request) (Request, error) {
	if req.Judged != nil || control.Own(c.ID) {
		return req, nil
	}
	set, err := w.params(ctx, c, req.Params, nil)
	if err == nil && len(set.Sources) < len(c.Params) {
		req.Judged, err = w.Around.Judged(ctx, req.Target, c.ID, run.NewID(w.Now()))
	}
	return req, err
}

// as are the parameters of a run that came before.
func as(old *run.Run) control.Choice {
	return control.Choice{Params: old.Params, Sources: old.Sources, Unknown: old.Unknown, Beneath: old.Beneath}
}

// mentioned is the plan that also says which parameters of Security Hub it does not go by, and that a tag asks in vain.
func mentioned(r *run.Run, plan control.Plan) control.Plan {
	for _, text := range []string{control.Mention(r.Unknown), r.InVain} {
		if text != "" {
			plan.Mentions = append(slices.Clone(plan.Mentions), text)
		}
	}
	return plan
}
