package main

import (
	"reflect"
	"slices"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/report"
	"github.com/salve-security/salve/internal/run"
)

type verifyCmd struct {
	which
}

// Run reads the resource of a run again, with a session that cannot write.
func (c *verifyCmd) Run(a *app) error {
	h, r, err := c.one(a)
	if err != nil {
		return err
	}
	if r.State != run.StateClosed {
		return fault.New(fault.Refused, "run %s is not finished: see salve show %s", r.ID, r.ID)
	}
	if r.UndoneBy != "" {
		undos, err := undosOf(a.ctx, h.ledger(), []*run.Run{r})
		if err != nil {
			return err
		}
		return fault.New(fault.Refused, "run %s was %s: what it led to is not meant to hold; salve verify %s looks at that "+
			"one", r.ID, takenBack(r, undos), r.UndoneBy)
	}
	if what := untouched(r); what != "" {
		return fault.New(fault.Refused, "run %s %s: nothing was changed by it, so that there is nothing to verify: "+
			"see salve show %s", r.ID, what, r.ID)
	}
	if err := a.names.unread(r); err != nil {
		return err
	}
	e, err := a.engine(h)
	if err != nil {
		return err
	}
	done := a.progress("Reading " + r.Key.Control)
	plan, err := e.Reread(a.ctx, work.Request{
		Control: r.Key.Control, Target: r.Target(), Scope: r.Key.Scope, Actor: h.actor, Params: r.Params,
	})
	done()
	if err != nil && fault.Of(err) != fault.Gone {
		return onboarded(r.Target(), h.settings.MemberRole, err)
	}
	status, missing := judge(r, plan, err)
	return a.verified(r, status, missing)
}

// unread refuses to look for what a runbook of others did where no playbook of Salve's reads that.
func (c catalogue) unread(r *run.Run) error {
	if _, own := c.controls.Get(r.Key.Control); own || r.Mapping == nil {
		return nil
	}
	return fault.New(fault.Refused, "run %s started runbook %s, and nothing of Salve's reads what that does: look at the "+
		"resource yourself, or wait for Security Hub's next check", r.ID, r.Mapping.Document)
}

// untouched says of a run that left its resource as it was why it did; "" of one
// that may have changed it, or that found it right.
func untouched(r *run.Run) string {
	if r.BeforeHash != "" {
		return ""
	}
	switch r.Status { //nolint:exhaustive // the others found the resource right, gone or put back
	case run.StatusPlanned:
		return "only showed a plan"
	case run.StatusAwaitingApproval:
		return "waits for approval"
	case run.StatusRefused, run.StatusDenied, run.StatusFailed:
		return "ended " + string(r.Status)
	}
	return ""
}

// judge compares what a run led to with what is there now, and says what of it is missing. A run that was an undo holds
// while the control would fix again what was put back.
func judge(r *run.Run, now control.Plan, gone error) (run.Status, []control.Change) {
	missing := now.Changes
	if r.Undoes != "" {
		missing = nil
		for _, put := range r.Changes() {
			if !slices.ContainsFunc(now.Changes, func(c control.Change) bool {
				return c.Path == put.Path && reflect.DeepEqual(c.From, put.To)
			}) {
				missing = append(missing, put)
			}
		}
	}
	switch {
	case gone != nil:
		return run.StatusGone, nil
	case len(missing) > 0:
		return run.StatusUnverified, missing
	}
	return run.StatusVerified, nil
}

func (a *app) verified(r *run.Run, status run.Status, missing []control.Change) error {
	err := a.data(report.Verification(r, status, missing), func() {
		name, resource := r.Key.Control, r.Key.Resource
		switch status { //nolint:exhaustive // judge gives no other
		case run.StatusGone:
			a.say("%s  %s no longer exists", name, resource)
		case run.StatusVerified:
			a.say("%s  %s: what run %s led to holds", name, resource, r.ID)
		default:
			a.say("%s  %s: what run %s led to does not hold. Missing is:", name, resource, r.ID)
			a.changes(missing)
		}
	})
	if err == nil && status == run.StatusUnverified {
		return exit(exitNotFixed)
	}
	return err
}
