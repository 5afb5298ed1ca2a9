package kind

import (
	"context"
	"fmt"

	"github.com/salve-security/salve/internal/control"
)

// Whole writes settings that AWS replaces as a whole, where a value that is left
// out is reset. S holds all of them.
type Whole[S any] struct {
	// Read reads the settings.
	Read func(ctx context.Context, env control.Env) (S, error)
	// Put replaces them; a zero S takes them away where they can be absent.
	Put func(ctx context.Context, env control.Env, to S) error
}

// Write reads again right before it puts, so that a value which somebody else
// changed meanwhile is neither lost nor written over. It puts nothing where all is
// done already.
func (w Whole[S]) Write(ctx context.Context, env control.Env, from, to S) error {
	now, err := w.Read(ctx, env)
	if err != nil {
		return fmt.Errorf("read again before the change: %w", err)
	}
	next, changed, err := carry(now, from, to)
	if err != nil || !changed {
		return err
	}
	return w.Put(ctx, env, next)
}
