package engine

import (
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// applyCommand is the command that carries out a run's control, and false where
// the resource's id, which somebody in the member account chose, cannot be shown
// whole.
func applyCommand(r *run.Run) (string, bool) {
	return plain.Command("salve", "apply", r.Key.Control, r.Key.Resource, "--account", r.Key.Account, "--yes")
}

// showCommand is the command that tells all about a run.
func showCommand(id string) string { return "salve show " + id }
