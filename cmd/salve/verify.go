package main

import (
	"reflect"
	"slices"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

type verifyCmd struct {
	which
}

// verifyReport is the answer of verify, as programs get it.
type verifyReport struct {
	RunID    string           `json:"run_id"`
	Control  string           `json:"control"`
	Account  string           `json:"account"`
	Resource string           `json:"resource"`
	Status   run.Status       `json:"status"`
	Holds    bool             `json:"holds"`
	Diff     []control.Change `json:"diff"`
}

// Run reads the resource of a run again, with a session that cannot write.
func (c *verifyCmd) Run(a *app) error {
	if err := c.named(); err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	r, err := c.find(a.ctx, h.ledger())
	if err != nil {
		return err
	}
	if r.State != run.StateClosed {
		return fault.New(fault.Refused, "run %s is not finished: see salve show %s", r.ID, r.ID)
	}
	if r.UndoneBy != "" {
		return fault.New(fault.Refused, "run %s was taken back by run %s: what it led to is not meant to hold; "+
			"salve verify %s looks at that one", r.ID, r.UndoneBy, r.UndoneBy)
	}
	if what := untouched(r); what != "" {
		return fault.New(fault.Refused, "run %s %s: nothing was changed by it, so that there is nothing to verify: "+
			"see salve show %s", r.ID, what, r.ID)
	}
	e, err := a.engine(h)
	if err != nil {
		return err
	}
	done := a.progress("Reading " + r.Key.Control)
	plan, err := e.Preview(a.ctx, work.Request{
		Control: r.Key.Control, Target: r.Target(), Scope: r.Key.Scope, Actor: h.actor, Params: r.Params,
	})
	done()
	if err != nil && fault.Of(err) != fault.Gone {
		return onboarded(r.Target(), h.settings.MemberRole, err)
	}
	return a.verified(judge(r, plan, err))
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

// judge compares what a run led to with what is there now. A run that was an
// undo holds while the control would fix again what was put back.
func judge(r *run.Run, now control.Plan, gone error) verifyReport {
	report := verifyReport{
		RunID: r.ID, Control: r.Key.Control, Account: r.Key.Account, Resource: r.Key.Resource,
		Status: run.StatusUnverified, Diff: []control.Change{},
	}
	switch {
	case gone != nil:
		report.Status, report.Holds = run.StatusGone, true
		return report
	case r.Undoes != "":
		report.Holds = true
		for _, put := range r.Changes() {
			if !slices.ContainsFunc(now.Changes, func(c control.Change) bool {
				return c.Path == put.Path && reflect.DeepEqual(c.From, put.To)
			}) {
				report.Holds, report.Diff = false, append(report.Diff, put)
			}
		}
	default:
		report.Holds, report.Diff = now.Empty(), append(report.Diff, now.Changes...)
	}
	if report.Holds {
		report.Status = run.StatusVerified
	}
	return report
}

func (a *app) verified(v verifyReport) error {
	err := a.data(v, func() {
		switch {
		case v.Status == run.StatusGone:
			a.say("%s  %s no longer exists", v.Control, v.Resource)
		case v.Holds:
			a.say("%s  %s: what run %s led to holds", v.Control, v.Resource, v.RunID)
		default:
			a.say("%s  %s: what run %s led to does not hold. Missing is:", v.Control, v.Resource, v.RunID)
			a.changes(v.Diff)
		}
	})
	if err == nil && !v.Holds {
		return exit(exitNotFixed)
	}
	return err
}
