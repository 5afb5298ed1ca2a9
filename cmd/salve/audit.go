package main

import (
	"encoding/json"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/wire"
)

// audit writes audit lines where the function's are. One that cannot be written
// after all is printed, and the command does not end as done.
func (a *app) audit(h hub) audit.Log {
	return wire.AuditLog(h.own, h.settings.AuditLogGroup, func(line audit.Line, err error) {
		if a.lost != nil {
			a.lost.Store(true)
		}
		text, broken := json.Marshal(line)
		if broken != nil {
			text = []byte(broken.Error())
		}
		a.warn("the audit line was not stored: %s: keep it: %s", sentence(err), text)
	})
}

// proven writes the line of what was asked for, before anything is done: without a
// way for audit lines nothing is. Only salve stop does without: it has to work when
// all else fails.
func (a *app) proven(h hub, line audit.Line) error {
	if group, own := h.settings.AuditLogGroup, h.settings.Home.LogGroup(names.AuditLogGroup); group != own {
		return fault.New(fault.Refused, "no audit, no act: %s is %q, which is not Salve's log group %s: nothing was done",
			names.EnvAuditLogGroup, group, own)
	}
	line.Time, line.Event, line.Trigger, line.Actor = a.now(), audit.Asked, string(run.TriggerOperator), h.actor
	if err := wire.AuditWriter(h.own, h.settings.AuditLogGroup)(a.ctx, line); err != nil {
		return fault.New(fault.Refused, "no audit, no act: the log group %s takes no line, so nothing was done: %s",
			h.settings.AuditLogGroup, sentence(err))
	}
	return nil
}

// applies is the line of a fix that was asked for.
func applies(req work.Request) audit.Line {
	return audit.Line{
		Control: req.Control, Account: req.Target.Account, Region: req.Target.Region, Resource: req.Target.Resource,
		Reason: "apply",
	}
}

// takesBack is the line of an undo that was asked for.
func takesBack(r *run.Run) audit.Line {
	return audit.Line{
		Run: r.ID, Control: r.Key.Control, Account: r.Key.Account, Region: r.Region, Resource: r.Key.Resource,
		Reason: "undo",
	}
}
