package run

import (
	"context"

	"github.com/salve-security/salve/internal/names"
)

// Recording is a context for storing and telling what has happened, which must
// not fail because the time for the work is used up.
func Recording(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), names.Recording)
}
