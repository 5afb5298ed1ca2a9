package main

import (
	"cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/report"
)

// waitsNow is what holds back, now, who would make the change of a plan without a name: a freeze, a window, a calendar,
// the class of the data, a ring. Nil where nothing of that does.
func (a *app) waitsNow(h hub, plan control.Plan) *report.Waits {
	if plan.Empty() {
		return nil
	}
	stored, err := h.ledger().Settings(a.ctx)
	config, readErr := stored.Config()
	if err = cmp.Or(err, readErr); err != nil {
		a.warn("what the configuration lets happen is not known: %s", sentence(err))
		return nil
	}
	if len(config.Freezes)+len(config.Windows)+len(config.Calendars) == 0 && config.Classes == nil && config.Rings == nil {
		return nil
	}
	d, err := a.decision(a.ctx, h, gate.Input{
		Config: config, Overlay: stored.Overlay(), Finding: a.mayReport(plan), Trigger: gate.Imported, Now: a.now(),
	})
	if err != nil {
		a.warn("what the configuration lets happen is not known: %s", sentence(err))
		return nil
	}
	switch d.Reason { //nolint:exhaustive // the others do not wait for anything
	case gate.Frozen, gate.OutsideWindow, gate.CalendarClosed, gate.UnknownCalendar, gate.DataClass, gate.OutsideRing:
		return &report.Waits{Reason: string(d.Reason), Because: d.Held() + ".", Until: d.Until}
	}
	return nil
}

// mayReport is a finding as Security Hub might report it of what a plan changes.
func (a *app) mayReport(plan control.Plan) finding.Finding {
	t := plan.Target
	return finding.Finding{
		Source: finding.FromControl, Account: t.Account, Region: t.Region, Partition: t.Partition, Control: plan.Control,
		Standards: a.names.listedIn(plan.Control), Compliance: finding.Failed, Workflow: finding.New,
		RecordState: finding.Active,
		Resource:    finding.Resource{ID: t.Resource, Region: t.Region, Partition: t.Partition},
	}
}

// sayWaits says what a report or a click would wait for.
func (a *app) sayWaits(w *report.Waits) {
	switch {
	case w == nil:
	case w.Until.IsZero():
		a.say("  beware: by a report or a click this would not be done now: %s", w.Because)
	default:
		a.say("  beware: by a report or a click this would wait until %s: %s", plain.Minute(w.Until), w.Because)
	}
}
