package run

import (
	"time"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/plain"
)

// Stale is how old a copy of a finding may be that something is decided or answered on. What is older is looked up.
const Stale = time.Minute

// maxWrote bounds what a run keeps of a person's note: what AWS takes. How much of it there is room for is known when
// the answer is written.
const maxWrote = 512

// Wrote is what is kept of a person's note on a finding.
func Wrote(note string) string { return plain.Short(note, maxWrote) }

// Outdated tells that the run's findings must be looked up before they are answered: what people have written on them
// since would be lost. Those of an undo are as old as the run that it takes back.
func (r *Run) Outdated(now time.Time) bool {
	if r.Undoes != "" && r.Looked.IsZero() {
		return len(r.Findings) > 0
	}
	seen := r.Created
	if r.Looked.After(seen) {
		seen = r.Looked
	}
	return len(r.Findings) > 0 && now.Sub(seen) > Stale
}

// Heed takes over what Security Hub says of the run's findings now, and tells whether any is left that wants the run.
// What is suppressed or archived is not written on.
func (r *Run) Heed(views map[finding.Key]finding.View, now time.Time) (wanted bool) {
	r.Mute, r.Looked = map[finding.Key]bool{}, now
	wanted = len(r.Findings) == 0
	for key, f := range r.Findings {
		v, there := views[key]
		if !there {
			continue
		}
		f.Resolved, f.New, f.Checked = v.Resolved(), v.Workflow == finding.New, time.Time{}
		if v.Note != "" { // else the last note is ours, of the time before words were quoted
			f.Wrote = Wrote(v.Note)
		}
		if v.Failing() {
			f.Checked = v.Updated
		}
		r.Findings[key] = f
		if r.Mute[key] = v.Suppressed() || !v.Active(); !r.Mute[key] && !v.Passed() {
			wanted = true
		}
	}
	return wanted
}
