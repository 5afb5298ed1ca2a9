package work

import (
	"context"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

// playbook is what fixes a control now: the runbook of the configuration where it names one, else Salve's own. An error
// means that the runbook cannot be used, and that nothing else may stand in for it.
func (w *Worker) playbook(config gate.Config, id string) (c control.Control, known bool, err error) {
	if m := config.Runbook(id); m != nil {
		c, err := w.Map(id, *m)
		return c, err == nil, err
	}
	c, known = w.Controls.Get(id)
	return c, known, nil
}

// playbook is what carries the run out. What it has begun it finishes, whatever the configuration says meanwhile. An
// undo is Salve's own: it puts back what the plan says.
func (a *attempt) playbook(ctx context.Context) (c control.Control, known bool, err error) {
	r := a.r
	own, known := a.Controls.Get(r.Key.Control)
	if r.Undoes != "" {
		return own, known, nil
	}
	if r.State == run.StateClaimed || anew(r) {
		config, err := a.Configured(ctx)
		if err != nil {
			return own, known, err
		}
		r.Mapping = config.Runbook(r.Key.Control)
	}
	if r.Mapping == nil {
		return own, known, nil
	}
	if c, err = a.Map(r.Key.Control, *r.Mapping); r.State == run.StateRecorded {
		return c, err == nil, nil // its end is known
	}
	return c, err == nil, err
}

// anew tells a run that had nothing to do and looks again before it says so: it has not begun. See resumed.
func anew(r *run.Run) bool {
	return r.State == run.StateRecorded && r.BeforeHash == "" && r.Execution == nil && outcome.Of(r).Row().Resolves()
}

// blind ends a run whose runbook went well where nothing of Salve's can read what it did: what an output of it proves
// is all that is known.
func (a *attempt) blind(ctx context.Context, p control.Progress) error {
	r := a.r
	if p.Proven {
		hash, err := r.Plan.AfterHash()
		if err != nil {
			return err
		}
		return a.judge(ctx, control.Seen{Hash: hash, Changes: r.Plan.Changes}, nil)
	}
	r.Blind = true
	return a.conclude(ctx, ended{status: run.StatusUnverified, err: fault.New(fault.Unverified,
		"%s ended as %s, and nothing of Salve's can read what it did", a.started(), p.Status)})
}
