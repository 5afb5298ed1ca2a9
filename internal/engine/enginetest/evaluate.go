package enginetest

import (
	"context"
	"slices"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

// Config is AWS Config of the members.
const Config = "config"

// evaluate is AWS Config of a member that knows all rules of its controls: what it was asked is kept.
func (w *World) evaluate(ctx context.Context, e run.Evaluation, _ string, fails func(string) (control.Fails, bool)) (
	run.Evaluated, error,
) {
	out := run.Evaluated{Not: map[run.Rule]string{}}
	err := w.call(ctx, Call{Service: Config, Operation: "StartConfigRulesEvaluation", Write: true}, func() error {
		for _, r := range e.Rules {
			if f, known := fails(r.Control); !known || !f.Copied(r.Name) {
				out.Not[r] = "no rule of " + r.Control
				continue
			}
			out.Asked = append(out.Asked, r)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.asked = append(w.asked, run.Evaluation{Account: e.Account, Region: e.Region, Rules: out.Asked})
		return nil
	})
	return out, err
}

// Asked is what AWS Config was asked to evaluate again, a call each.
func (w *World) Asked() []run.Evaluation {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.asked)
}
