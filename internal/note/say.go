package note

import (
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

// On is the outcome on every finding of a run. An operator's undo that ended without putting anything back leaves them
// alone, unless it waited so that he may not have seen how.
func (o Outcome) On(r *run.Run) []Update {
	var out []Update
	for _, f := range r.Findings {
		if r.Mute[f.Key] || r.Idle() && f.Event == r.ID && o.Trigger != outcome.LateUndo {
			continue
		}
		if u, ok := o.Update(f); ok {
			out = append(out, u)
		}
	}
	return out
}

// OnThose is the outcome on those findings of a run that Security Hub shows in a fitting state.
func (o Outcome) OnThose(r *run.Run, views map[finding.Key]finding.View, fits func(finding.View) bool) []Update {
	var out []Update
	for key, f := range r.Findings {
		if !fits(views[key]) {
			continue
		}
		f.Wrote = run.Wrote(views[key].Note)
		if u, ok := o.Update(f); ok {
			out = append(out, u)
		}
	}
	return out
}
