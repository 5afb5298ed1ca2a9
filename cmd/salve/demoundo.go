package main

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/run"
)

// playUndo: what was there is put back, and Salve leaves it alone.
func (d *demo) playUndo() error {
	e, err := d.engine(d.h)
	if err != nil {
		return err
	}
	d.tell("salve undo %s --yes", d.first.ID)
	undo, err := e.Undo(d.ctx, d.first.ID, d.h.actor)
	if err != nil {
		return err
	}
	d.tell("%s", undo.Status)
	d.indented(margin, undo.Changes())
	if undo.Status != run.StatusUndone || undo.Hold == nil {
		return fmt.Errorf("the run is %s: %s", undo.Status, undo.Reason)
	}
	p := d.props[0]
	now, err := p.read()
	if err == nil && now != p.before {
		err = fmt.Errorf("AWS says %s, not %s", now, p.before)
	}
	if err != nil {
		return err
	}
	note, err := d.says(p.finding, types.WorkflowStatusNew)
	d.tell("AWS says: %s, as before. The finding is %s:\n  %s", now, types.WorkflowStatusNew, note)
	return err
}
