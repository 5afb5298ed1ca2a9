package gate_test

import (
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
)

func pressed(id string) func(*gate.Input) {
	return func(in *gate.Input) { in.Action = names.ActionARN(action, id) }
}

// buttons: what the two beside Remediate make of the same gates. Whatever they refuse is answered.
func buttons() map[string]verdict {
	plan := func(changes ...func(*gate.Input)) gate.Input {
		return input(append(changes, pressed(names.ActionPlan))...)
	}
	undo := func(changes ...func(*gate.Input)) gate.Input {
		return input(append(changes, pressed(names.ActionUndo))...)
	}
	planned := func(m gate.Mode) gate.Decision { return decided(gate.Preview, gate.Allowed, m) }
	refused := func(reason gate.Reason, m gate.Mode) gate.Decision { return decided(gate.Refuse, reason, m) }
	acts := decided(gate.Act, gate.Allowed, gate.Manual)
	never := time.Time{}
	return map[string]verdict{
		"plan, manual":      {plan(), planned(gate.Manual)},
		"plan, auto":        {plan(mode(gate.Auto)), planned(gate.Auto)},
		"plan, approve":     {plan(mode(gate.Approve)), planned(gate.Approve)},
		"plan, identities":  {plan(identities, mode(gate.Auto)), planned(gate.Auto)},
		"plan, destructive": {plan(impact(control.ImpactDestructive)), planned(gate.Manual)},
		"plan, plan":        {plan(mode(gate.Plan)), decided(gate.Preview, gate.PlanOnly, gate.Plan)},
		"plan, off":         {plan(mode(gate.Off)), refused(gate.TurnedOff, gate.Off)},
		"plan, turbo":       {plan(mode("turbo")), refused(gate.UnknownMode, "turbo")},
		"plan, resolved and off": {
			plan(mode(gate.Off), workflow(finding.Resolved)), refused(gate.TurnedOff, gate.Off),
		},
		"plan, suppressed": {plan(workflow(finding.Suppressed)), refused(gate.IsSuppressed, "")},
		"plan, passed":     {plan(compliance(finding.Passed)), refused(gate.AlreadyPassed, "")},
		"plan, archived":   {plan(record(finding.Archived)), refused(gate.NotActive, "")},
		"plan, stopped":    {plan(stop("", never)), because(refused(gate.Stopped, ""), never, "ada: incident 7")},
		"plan, on hold":    {plan(hold(bucket, now().Add(time.Hour))), planned(gate.Manual)},

		"undo, manual":         {undo(), acts},
		"undo, passed":         {undo(compliance(finding.Passed)), acts},
		"undo, resolved":       {undo(workflow(finding.Resolved)), acts},
		"undo, bad parameters": {undo(badParameters), acts}, // it has those of the run
		"undo, on hold":        {undo(hold(bucket, now().Add(time.Hour))), acts},
		"undo, excepted":       {undo(except(bucket, "2026-11-21")), acts},
		"undo, auto":           {undo(mode(gate.Auto)), decided(gate.Act, gate.Allowed, gate.Auto)},
		"undo, plan":           {undo(mode(gate.Plan)), refused(gate.PlanOnly, gate.Plan)},
		"undo, approve":        {undo(mode(gate.Approve)), refused(gate.NeedsName, gate.Approve)},
		"undo, off":            {undo(mode(gate.Off)), refused(gate.TurnedOff, gate.Off)},
		"undo, destructive":    {undo(impact(control.ImpactDestructive)), refused(gate.NeedsName, gate.Manual)},
		"undo, identities":     {undo(identities), refused(gate.NeedsName, gate.Manual)},
		"undo, suppressed":     {undo(workflow(finding.Suppressed)), refused(gate.IsSuppressed, "")},
		"undo, archived":       {undo(record(finding.Archived)), refused(gate.NotActive, "")},
		"undo, no playbook":    {undo(noPlaybook), refused(gate.NoPlaybook, "")},
		"undo, stopped":        {undo(stop("", never)), because(refused(gate.Stopped, ""), never, "ada: incident 7")},

		"another's button": {input(pressed("Ticket")), ignored(gate.ForeignAction)},
		"imported":         {plan(by(gate.Imported)), decided(gate.Ignore, gate.NotAutomatic, gate.Manual)},
	}
}
