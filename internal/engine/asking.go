package engine

import (
	"context"

	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/note"
)

// asking is a Hub whose notes say whom to ask, where the configuration names somebody and there is room.
type asking struct {
	work.Hub
	configured work.Configured
}

// Apply writes status and note of findings.
func (a asking) Apply(ctx context.Context, updates []note.Update) (map[finding.Key]error, error) {
	if config, err := a.configured(ctx); err == nil { // without it they are told all the same
		contact, _ := config.Asked()
		for i, u := range updates {
			updates[i].Note = note.Asking(u.Note, contact)
		}
	}
	return a.Hub.Apply(ctx, updates)
}
