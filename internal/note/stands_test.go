package note_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// TestWhatStandsSurvivesTheCut: what an earlier run proved, and the command that takes it back, are there as a whole,
// whatever else there is to say and whatever a person wrote. Half a command is none.
func TestWhatStandsSurvivesTheCut(t *testing.T) {
	id := "r" + strings.Repeat("9", 16) + "-" + strings.Repeat("9", 8)
	last := "r" + strings.Repeat("8", 16) + "-" + strings.Repeat("8", 8)
	fix := &run.Run{ID: id, Status: run.StatusVerified, Finished: at(), Plan: &control.Plan{Changes: []control.Change{{}}}}
	read := &run.Run{ID: last, Status: run.StatusCompliant, Finished: at(), Previous: id}
	minute, back, before := "2026-11-21 09:30 UTC", " | Undo: salve undo "+id+" --yes", ", fixed before by run "
	undo := &run.Run{ID: last, Status: run.StatusUndoneInPart, Finished: at(), Undoes: id}
	for _, c := range cases() {
		o := flood(c, strings.Repeat("long ", 2048))
		o.Control, o.Wrote = "CloudWatch.15", strings.Repeat("w", 600)
		for want, stands := range map[string]note.Standing{
			"Fix verified " + minute + " by run " + id + back:         note.Stands(fix, nil, nil),
			"Found met " + minute + " by run " + last + back:          note.Stands(fix, nil, read),
			"Found met " + minute + " by run " + last + before + id:   note.Stands(nil, nil, read),
			"Taken back in part " + minute + " by run " + last + back: note.Stands(fix, undo, nil),
		} {
			o.Stands = stands
			u, ok := o.Update(run.Finding{Resolved: true, Wrote: o.Wrote})
			if beside := o.Beside(run.Finding{Resolved: true}); ok && beside != strings.HasSuffix(u.Note, want) {
				t.Errorf("%+v, beside %v: %q", c, beside, u.Note)
			}
			if n := plain.Length(u.Note); n > note.Limit {
				t.Errorf("%+v: %d characters", c, n)
			}
			if i := strings.Index(strings.TrimPrefix(u.Note, `Note before: "`), "…"); ok && i >= 0 && i < 60 {
				t.Errorf("%+v: cut at %d: %q", c, i, u.Note)
			}
		}
	}
}

// TestNothingStandsTwice: who is told to take a fix back reads the command once.
func TestNothingStandsTwice(t *testing.T) {
	o := note.Outcome{
		Cell: outcome.Cell{Outcome: outcome.NotAllowed, Trigger: outcome.UndoClick}, Control: "S3.8", Reason: "It is off",
		ToDo: "salve undo r1 --yes", Stands: note.Standing{Text: "Fix verified by run r1", Back: "salve undo r1 --yes"},
	}
	u, _ := o.Update(run.Finding{Resolved: true})
	const want = "Salve did not take back its fix of S3.8: It is off. To do: salve undo r1 --yes | Fix verified by run r1"
	if u.Note != want || u.Status != note.Kept {
		t.Errorf("%s: %q", u.Status, u.Note)
	}
}
