package note

import (
	"strings"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// ApplyCommand is the command that carries out a run's control, or instead where
// the resource's id, which somebody in the member account chose, cannot be shown
// whole.
func ApplyCommand(r *run.Run, instead string) string {
	words := []string{"salve", "apply", r.Key.Control, r.Key.Resource, "--account", r.Key.Account}
	if r.Key.Scope != finding.ScopeGlobal && r.Region != "" && !strings.Contains(r.Key.Resource, ":"+r.Region+":") {
		words = append(words, "--region", r.Region) // the resource does not say
	}
	command, whole := plain.Command(append(words, "--yes")...)
	if !whole {
		return instead
	}
	return command
}

// undoCommand is the command that takes a run back, if anything of it can be.
func undoCommand(r *run.Run, id string) string {
	if !r.Reversible() {
		return ""
	}
	return "salve undo " + id + " --yes"
}

// UndoCommand is the command that takes a run back, if anything of it can be.
func UndoCommand(r *run.Run) string { return undoCommand(r, r.ID) }

// showCommand is the command that tells all about a run.
func showCommand(id string) string { return "salve show " + id }
