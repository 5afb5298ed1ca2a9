package work

import (
	"fmt"
	"slices"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// keepable refuses a plan that is too large to be stored, before anything of it
// is written: what is not stored cannot be undone, nor finished after a crash.
func (a *attempt) keepable(plan control.Plan) error {
	if a.r.Begun() {
		return nil // it is stored
	}
	size, err := weigh(a.r, &plan)
	if err != nil {
		return err
	}
	if size <= run.MaxWeight {
		return nil
	}
	return fault.New(fault.Refused, "the change takes %s to write down, and Salve can keep %s of a run: without that "+
		"it could not be undone, so it has to be made by hand", kilobytes(size), kilobytes(run.MaxWeight))
}

// weigh is how many bytes a run has with a plan, without its findings, which have bounds of their own.
func weigh(r *run.Run, plan *control.Plan) (int, error) {
	with := *r
	with.Plan, with.Findings = plan, nil
	return with.Weight()
}

// kilobytes is a size as people read it, rounded up.
func kilobytes(n int) string { return fmt.Sprintf("%d KB", (n+1<<10-1)>>10) }

// maxLooked is how much a run may weigh with what the last look found: its audit
// line has that too.
const maxLooked = run.MaxWeight + 40<<10

// looked keeps what the last look found at each path where there is room for it.
// Without it an undo takes the values for somebody else's, and refuses.
func (a *attempt) looked(changes []control.Change) error {
	a.r.Plan.Changes = changes
	size, err := weigh(a.r, a.r.Plan)
	if err != nil || size <= maxLooked {
		return err
	}
	a.r.Plan.Changes = slices.Clone(changes)
	for i := range a.r.Plan.Changes {
		a.r.Plan.Changes[i].Got = nil
	}
	return nil
}
