package work

import (
	"context"
	"errors"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
)

// Asked keeps when exceptions began that owners ask for by a tag. internal/ledger implements it; nil where nothing may
// be kept.
type Asked interface {
	Except(ctx context.Context, g gate.Given) error
}

// began notes that an exception holds which the owner of a resource asks for by a tag: from now on its days count.
func (w *Worker) began(ctx context.Context, g *gate.Given) error {
	if g == nil || w.Asked == nil {
		return nil
	}
	if err := w.Asked.Except(ctx, *g); errors.Is(err, gate.ErrTaken) {
		return nil // by another process, meanwhile
	} else if err != nil {
		return err
	}
	w.Audit(ctx, audit.Line{
		Time: w.Now(), Event: audit.Excepted, Control: g.Control, Account: g.Account, Resource: g.Resource,
		Actor: "tag", Reason: "exception " + g.ID + ": " + g.Reason,
	})
	return nil
}

// byOwner is the exception that a tag of a resource asks for and that holds, as tags are now. Tags that nobody may read
// ask for nothing: who asks here has a name, or hears of it otherwise. Nothing is noted: he may only want a plan.
func (w *Worker) byOwner(
	ctx context.Context, config gate.Config, overlay gate.Overlay, c control.Control, t control.Target,
) ([]gate.Exception, error) {
	if config.ByTag == nil {
		return nil, nil
	}
	wanted := wish(w.Controls, c, t)
	in := gate.Input{
		Config: config, Overlay: overlay, Now: w.Now(),
		Control: gate.Control{ID: c.ID, Kin: wanted.Kin, Same: wanted.Same},
		Finding: finding.Finding{
			Account: t.Account, Partition: t.Partition, Resource: finding.Resource{ID: t.Resource, Region: t.Region},
		},
	}
	d, err := w.consult(ctx, &in, t, true, gate.ByOwner)
	if err != nil || d.Owner == nil {
		return nil, err
	}
	return []gate.Exception{*d.Owner}, nil
}
