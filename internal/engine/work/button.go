package work

import (
	"context"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// pressed is the id of the custom action that a run answers, if it answers one.
func pressed(r *run.Run) string {
	switch {
	case r.Key.Reads:
		return names.ActionPlan
	case r.Undoes != "":
		return names.ActionUndo
	}
	return names.ActionRemediate
}

// restrained is the control with no more rights than a run needs that only shows a plan.
func (a *attempt) restrained(c control.Control) control.Control {
	if a.r.Key.Reads {
		a.dry, c.Actions = true, c.Reads()
	}
	return c
}

// shownTo adds to a plan that somebody clicked for what it means for people and, where Remediate would carry it out,
// that it does.
func (a *attempt) shownTo(ctx context.Context, c control.Control, end ended) ended {
	r := a.r
	if end.status != run.StatusPlanned || r.Trigger != run.TriggerClick {
		return end
	}
	end.why = means(c, *end.plan)
	if !r.Key.Reads || end.plan.OneWay() {
		return end
	}
	switch hold, err := a.Past.Hold(ctx, r.Key.Work(), a.Now()); {
	case err != nil:
		return end
	case hold != nil:
		end.why += "Remediate is refused until " + plain.Minute(hold.Until) + ": on hold."
		return end
	}
	if d, _, err := a.decided(ctx, c, names.ActionRemediate); err == nil && d.Verdict == gate.Act {
		r.ToDo = "press Remediate, or " + note.ApplyCommand(r, "salve show "+r.ID)
	}
	return end
}

// means says what a plan means for people; nothing where nobody notices and undo gives everything back.
func means(c control.Control, p control.Plan) string {
	text := ""
	switch c.Impact {
	case control.ImpactNone:
	case control.ImpactInterrupts:
		text = "It interrupts who uses the resource. "
	case control.ImpactDestructive:
		fallthrough
	default:
		text = "It is destructive. "
	}
	if p.OneWay() {
		text += oneWay(p)
	}
	return text
}
