package audit

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/report"
	"github.com/salve-security/salve/internal/run"
)

// Run writes the line about a run as it is now; err is what led to the event, if anything did.
func (l Log) Run(ctx context.Context, at time.Time, event string, r *run.Run, err error) {
	line := Line{
		Time: at, Asked: r.Asked, Event: event, Run: r.ID, Control: r.Key.Control, Account: r.Key.Account,
		Region: r.Region, Resource: r.Key.Resource, Trigger: string(r.Trigger), Actor: r.Actor, Status: string(r.Status),
		Outcome: string(outcome.Of(r).Outcome), Reason: r.Reason, Changes: r.Changes(),
		Before: r.BeforeHash, After: r.AfterHash, Calls: r.Calls,
	}
	switch {
	case r.Granted():
		line.ApprovedBy = r.Reply.By()
	case r.Rejected():
		line.DeniedBy = r.Reply.By()
	}
	if r.Plan != nil {
		line.PlanHash, line.Runbook = r.Plan.Hash, r.Plan.Runbook
		line.Parameters, line.Sources = r.Plan.Params, r.Sources
	}
	if line.Execution = report.ExecutionOf(r.Execution); line.Execution != nil {
		line.Execution.Steps = nil // the run keeps them
	}
	line.Findings = slices.SortedFunc(maps.Keys(r.Findings), finding.Key.Compare)
	if err != nil {
		line.Error = err.Error()
	}
	l(ctx, line)
}
