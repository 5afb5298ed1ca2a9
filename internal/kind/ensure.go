package kind

import (
	"context"
	"maps"
	"slices"

	"github.com/salve-security/salve/internal/control"
)

// Ensure makes what a change needs first and others may use by then: a bucket, a
// topic, a log group, a key. It is a collection of the state of its own, by name,
// and a step of Write before the change. It only ever makes: the path stands in
// OneWay of the declaration, so that plans say that undo leaves it.
type Ensure[E any] struct {
	// There tells whether it is there. One that is there and will not do, such as a
	// bucket of another account, is an error, with what a person can do.
	There func(ctx context.Context, env control.Env, name string, e E) (bool, error)
	// Make makes it, and is not asked where it is there.
	Make func(ctx context.Context, env control.Env, name string, e E) error
}

// Write makes what is in to and not in from, in the order of names. Each step looks
// for itself: a run that comes back, or one that others were quicker than, makes
// nothing twice. An error means unknown, as that of any write: who comes back looks.
func (n Ensure[E]) Write(ctx context.Context, env control.Env, from, to map[string]E) error {
	for _, name := range slices.Sorted(maps.Keys(to)) {
		if _, was := from[name]; was {
			continue
		}
		there, err := n.There(ctx, env, name, to[name])
		if err == nil && !there {
			err = n.Make(ctx, env, name, to[name])
		}
		if err != nil {
			return err
		}
	}
	return nil
}
