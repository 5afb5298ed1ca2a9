package note

import (
	"maps"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

// with are the parameters of a run's plan that are not the defaults, and who set them.
func with(r *run.Run) string {
	if r.Plan == nil {
		return ""
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(r.Plan.Params)) {
		part := name + "=" + r.Plan.Params[name]
		if from := r.Sources[name]; from != "" {
			part += " (" + string(from) + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// leftOut are the parameters of Security Hub that a run does not go by, and the tag that asks in vain.
func leftOut(r *run.Run) string {
	return strings.Trim(control.Mention(r.Unknown)+"; "+r.InVain, "; ")
}

// approved says who has approved a run, for its note.
func approved(r *run.Run) string {
	if !r.Granted() || r.Status == run.StatusAwaitingApproval { // that was another plan
		return ""
	}
	return r.Replied()
}

// went says what a fix goes by, behind what it changes: of both, a cut takes the end.
func went(o Outcome) string {
	text := ""
	if o.Approved != "" {
		text = " Approved by " + stop(o.Approved)
	}
	if o.With != "" {
		text += " It goes by " + stop(o.With)
	}
	if o.LeftOut != "" {
		text += " Left alone: " + stop(o.LeftOut)
	}
	return text
}
