package work

import (
	"context"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// fourEyes has an operator's own run wait for another person where the configuration wants that and the change needs
// approval: by its mode in that place, by its impact, or, once it is planned, by what it cannot take back.
func (w *Worker) fourEyes(ctx context.Context, c control.Control, r *run.Run) error {
	config, err := w.Configured(ctx)
	if err != nil || !config.FourEyes() {
		return err
	}
	r.FourEyes = true
	a := &attempt{Worker: w, r: r}
	in := a.question(config, c, names.ActionRemediate)
	in.Trigger = gate.Click
	d, err := a.consult(ctx, &in, r.Target(), true, gate.Decide)
	if err != nil {
		return err
	}
	if d.Verdict == gate.Ask || d.Reason.AboutAccount() || d.Reason == gate.UnknownTags {
		r.Mode = run.ModeAsk
	}
	return nil
}
