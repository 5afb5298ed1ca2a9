package work

import (
	"context"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// unattributed is who asked when a custom action carries no name of a person.
const unattributed = "unattributed"

// Finding takes a finding through identity, gate and claim, and its run to an
// outcome. Nil means that nothing is left to tell its finding.
func (w *Worker) Finding(ctx context.Context, event finding.Event, raw finding.Raw) (*run.Run, error) {
	f, err := event.Identify(raw, w.Standards)
	if err == nil {
		err = event.From(w.ActionArn)
	}
	if err != nil {
		w.Audit(ctx, audit.Line{Time: w.Now(), Event: audit.Refused, Reason: err.Error()})
		return nil, nil
	}
	c, known := w.Controls.Get(f.Control)
	d, err := w.decide(ctx, event, f, c, known)
	if err != nil {
		return nil, err
	}
	switch d.Verdict {
	case gate.Act, gate.Preview, gate.Ask:
	case gate.Refuse:
		return nil, w.refuse(ctx, f, d)
	case gate.Defer, gate.Ignore:
		fallthrough
	default: // never act on a verdict we do not know
		return nil, nil
	}
	if err := finding.CheckResource(f, c.Resources, c.Pattern); err != nil {
		w.Audit(ctx, audit.Line{Time: w.Now(), Event: audit.Refused, Control: f.Control, Account: f.Account, Reason: err.Error()})
		return nil, nil
	}
	params, err := w.params(ctx, c, nil)
	if err != nil {
		return nil, err
	}
	return w.claim(ctx, w.findingRun(c, event, f, d, params))
}
