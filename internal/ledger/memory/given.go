package memory

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/gate"
)

// Except stores an exception that was made by hand, gate.ErrTaken if there is one with its id.
func (l *Ledger) Except(ctx context.Context, g gate.Given) error {
	return l.act(ctx, "Except", func() error {
		if _, taken := l.given[g.ID]; taken {
			return gate.ErrTaken
		}
		g.Since = at(g.Since.Unix())
		l.given[g.ID] = g
		return nil
	})
}

// EndExcept ends an exception that was made by hand; false: there is none, or somebody has ended it.
func (l *Ledger) EndExcept(ctx context.Context, id, by string, now time.Time) (bool, error) {
	return call(ctx, l, "EndExcept", func() (bool, error) {
		g, there := l.given[id]
		if !there || !g.Ended.IsZero() {
			return false, nil
		}
		g.Ended, g.EndedBy = at(now.Unix()), by
		l.given[id] = g
		return true, nil
	})
}

// Given reads all exceptions that were made by hand, by id.
func (l *Ledger) Given(ctx context.Context) ([]gate.Given, error) {
	return call(ctx, l, "Given", func() ([]gate.Given, error) {
		var out []gate.Given
		for _, id := range slices.Sorted(maps.Keys(l.given)) {
			out = append(out, l.given[id])
		}
		return out, nil
	})
}
