package work

import (
	"context"
	"fmt"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
)

// Weighed is what the gate says to a finding of an event.
type Weighed struct {
	Finding  finding.Finding
	Control  control.Control // that would act on it; empty where none is known
	Decision gate.Decision
	Echo     bool // Salve's own note alone has caused the report: nothing is done, whatever the gate says
}

// Weigh tells what would be done about a finding of an event, and does nothing of it. An error of the type
// *finding.Identity says why the finding is not believed, or is not about what the control works on.
func (w *Worker) Weigh(ctx context.Context, event finding.Event, raw finding.Raw) (Weighed, error) {
	f, err := event.Identify(raw, w.Standards)
	if err == nil {
		err = event.From(w.ActionArn)
	}
	if err != nil {
		return Weighed{}, err
	}
	return w.weigh(ctx, event, f)
}

func (w *Worker) weigh(ctx context.Context, event finding.Event, f finding.Finding) (Weighed, error) {
	out := Weighed{Finding: f, Echo: event.Echoes(f)}
	if out.Echo {
		return out, nil
	}
	var err error
	if _, out.Control, out.Decision, err = w.decide(ctx, event, f); err != nil {
		return out, err
	}
	switch out.Decision.Verdict { //nolint:exhaustive // the others touch nothing
	case gate.Act, gate.Preview, gate.Ask:
		return out, finding.CheckResource(f, out.Control.Resources, out.Control.Pattern)
	}
	return out, nil
}

// WeighNow is Weigh of a finding as Security Hub has it now; false where it has it no longer.
func (w *Worker) WeighNow(ctx context.Context, event finding.Event, raw finding.Raw) (Weighed, bool, error) {
	f, err := event.Identify(raw, w.Standards)
	if err == nil {
		err = event.From(w.ActionArn)
	}
	if err != nil {
		return Weighed{}, false, err
	}
	views, err := w.Look(ctx, f.HubRegion, []finding.Key{f.Key()})
	if err != nil {
		return Weighed{Finding: f}, false, fmt.Errorf("look the finding up: %w", err)
	}
	v, there := views[f.Key()]
	if !there {
		return Weighed{Finding: f}, false, nil
	}
	out, err := w.weigh(ctx, event, f.Now(v))
	return out, true, err
}
