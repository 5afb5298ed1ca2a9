package note

import (
	"cmp"

	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// Standing is what earlier runs left that still holds. The note of whoever is refused, or only looks, takes the place
// of the one that told of it.
type Standing struct {
	Text string // what was proven or changed, when and by which run
	Back string // command that takes it back
}

// Limits of what stands, where a note has to say it beside its own.
const (
	maxStands     = 120
	maxBack       = 60
	maxToDoBeside = 120
)

// Stands is what is left of the last run that changed something, of the undo that put back a part of that, and of the
// last run that proved that nothing is left to do; nil where there is none.
func Stands(wrote, undo, proved *run.Run) Standing {
	s := Standing{}
	if wrote != nil {
		s.Back = undoCommand(wrote, wrote.ID)
		s.Text = "Changed " + plain.Minute(wrote.Finished) + " by run " + wrote.ID + " (" + string(wrote.Status) + ")"
		if wrote.Status == run.StatusVerified {
			s.Text = "Fix verified " + plain.Minute(wrote.Finished) + " by run " + wrote.ID
		}
	}
	if undo != nil {
		s.Text = "Taken back in part " + plain.Minute(undo.Finished) + " by run " + undo.ID
	}
	if proved != nil && (wrote == nil || proved.ID != wrote.ID) {
		what := "Found met "
		if proved.Status == run.StatusGone {
			what = "Found gone "
		}
		s.Text = what + plain.Minute(proved.Finished) + " by run " + proved.ID
		if wrote == nil && proved.Previous != "" { // which a sibling of its control made
			s.Text += ", fixed before by run " + proved.Previous
		}
	}
	return s
}

// Beside tells that an outcome leaves what stands as it is: its note has to say it too. On a finding that is reported
// anew nothing is claimed to stand, but who wants it taken back still reads how.
func (o Outcome) Beside(f run.Finding) bool {
	row := o.Row()
	return (row.Finding == outcome.Kept || row.KeepsResolved) && (!f.New || o.takesBack())
}

// standing are the words for what stands, at the end of a note.
func standing(o Outcome) []string {
	back := label("Undo: ", o.Stands.Back)
	if o.Stands.Back == o.ToDo { // it is said already
		back = ""
	}
	return []string{o.Stands.Text, back}
}

// cleaned is what stands as one visible line each. Half a command is none.
func (s Standing) cleaned() Standing {
	return Standing{
		Text: plain.Short(s.Text, maxStands), Back: plain.Whole(s.Back, plain.Short(s.Back, maxBack), ""),
	}
}

// toDoLimit is how long what a person can do may be.
func (s Standing) toDoLimit() int {
	if cmp.Or(s.Text, s.Back) == "" {
		return maxToDo
	}
	return maxToDoBeside
}
