package work

import (
	"context"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
)

// frozen says what keeps an operator's change from being made now, empty where nothing does. He has chosen his time
// himself, so that windows are no matter to him.
func (w *Worker) frozen(ctx context.Context, c control.Control, t control.Target) (gate.Decision, bool, error) {
	config, err := w.Configured(ctx)
	if err != nil {
		return gate.Decision{}, false, err
	}
	in := gate.Input{
		Config: config, Now: w.Now(), Control: gate.Control{ID: c.ID, Impact: c.Impact},
		Finding: finding.Finding{Account: t.Account, Resource: finding.Resource{ID: t.Resource, Region: t.Region}},
	}
	d, err := w.consult(ctx, &in, t, true, gate.ForPerson)
	return d, d.Verdict == gate.Refuse, err
}

// meansIt refuses an operator's wish in a freeze, before anything is opened, unless he says that he means it: then the
// run says so too.
func (w *Worker) meansIt(ctx context.Context, c control.Control, req Request) (string, error) {
	d, held, err := w.frozen(ctx, c, req.Target)
	if err != nil || !held {
		return "", err
	}
	if req.DespiteFreeze {
		return d.Held(), nil
	}
	return "", fault.New(fault.Refused, "%s; wait, or answer for it: --despite-freeze", d.Held()+d.Till())
}
