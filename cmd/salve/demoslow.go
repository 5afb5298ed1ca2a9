package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/run"
)

// playSlow: the emulators answer at once, so the lab is told to repeat an old
// answer; and nobody wants to wait, so a clock is turned forward.
func (d *demo) playSlow() error {
	p, err := d.key()
	if err != nil {
		return err
	}
	// The look before the change is remembered, and the look after it gets that once more.
	err = d.Inject(lab.Fault{Service: "kms", Operation: "GetKeyRotationStatus", Error: lab.FaultStale, Count: 1})
	if err != nil {
		return err
	}
	defer d.ClearFaults()
	id, err := d.report(p, "")
	if err != nil {
		return err
	}
	d.tell("The lab plays a slow AWS: the first look after KMS.4's change still shows the old state.")
	note, err := d.says(id, types.WorkflowStatusNotified)
	if err != nil {
		return err
	}
	parked, err := d.run(p)
	if err != nil {
		return err
	}
	if parked.Status != run.StatusParked {
		return fmt.Errorf("the run is %s", parked.Status)
	}
	d.tell("The function does not wait. Run %s is %s, the finding %s:\n  %s", parked.ID, parked.Status,
		types.WorkflowStatusNotified, note)
	if err := d.finishLater(parked); err != nil {
		return err
	}
	if err := p.changed(rotates); err != nil {
		return err
	}
	_, err = d.says(id, types.WorkflowStatusResolved)
	d.tell("AWS says: %s %s. Security Hub says: %s.", p.what, p.after, types.WorkflowStatusResolved)
	return err
}

// finishLater goes on with the run when it is due, by a clock that does not wait.
func (d *demo) finishLater(parked *run.Run) error {
	e, ahead, err := d.turning()
	if err != nil {
		return err
	}
	_, err = d.follow(e, ahead, parked, run.StatusVerified)
	return err
}

// turning is an engine whose clock is turned forward where it would wait, and how far it is ahead.
func (d *demo) turning() (*engine.Engine, *atomic.Int64, error) {
	e, err := d.engine(d.h)
	if err != nil {
		return nil, nil, err
	}
	ahead := new(atomic.Int64)
	e.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	e.Sleep = func(ctx context.Context, wait time.Duration) error {
		ahead.Add(int64(wait))
		return ctx.Err()
	}
	return e, ahead, nil
}

// follow stays with a parked run to its end, which must be the one that is wanted.
func (d *demo) follow(e *engine.Engine, ahead *atomic.Int64, parked *run.Run, want run.Status) (*run.Run, error) {
	before := ahead.Load()
	done, err := e.Follow(d.ctx, parked.ID, func(*run.Run) {})
	if err != nil {
		return nil, err
	}
	d.tell("When it is due, %s later (the demo turns its own clock forward), Salve looks again: %s",
		time.Duration(ahead.Load()-before).Round(time.Second), done.Status)
	if done.Status != want {
		return nil, fmt.Errorf("the run is %s: %s", done.Status, done.Reason)
	}
	return done, nil
}
