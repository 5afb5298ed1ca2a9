package memory

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// MoveRing moves a control to another ring and keeps the change, together; gate.ErrConflict says that something else
// was decided meanwhile.
func (l *Ledger) MoveRing(ctx context.Context, c gate.Change) error {
	return l.act(ctx, "MoveRing", func() error {
		if l.changes[c.Number] == c.Kept() && c.Number > 0 {
			return nil // the answer was lost
		}
		if l.settings().Changes != c.Number-1 || l.version != c.Version {
			return gate.ErrConflict
		}
		moved, err := c.In(l.moved)
		if err != nil {
			return err
		}
		l.moved, l.changes[c.Number] = moved, c.Kept()
		delete(l.changes, c.Number-gate.KeptChanges)
		return nil
	})
}

// RingChanges lists the changes of rings that are kept, the newest first.
func (l *Ledger) RingChanges(ctx context.Context) ([]gate.Change, error) {
	return call(ctx, l, "RingChanges", func() ([]gate.Change, error) {
		var out []gate.Change
		for _, n := range slices.Backward(slices.Sorted(maps.Keys(l.changes))) {
			out = append(out, l.changes[n])
		}
		return out, nil
	})
}

// settings are what is stored about rings.
func (l *Ledger) settings() gate.Settings {
	s := gate.Settings{Doc: l.doc, Version: l.version, Unread: l.unread, Moved: l.moved, Modes: l.modes}
	for n := range l.changes {
		s.Changes = max(s.Changes, n)
	}
	return s
}

// Doubt keeps what speaks against a control.
func (l *Ledger) Doubt(ctx context.Context, k run.Key, why string, now time.Time) error {
	return l.act(ctx, "Doubt", func() error {
		control := strings.ToLower(k.Control)
		if l.doubts[control] == nil {
			l.doubts[control] = map[string]gate.Doubt{}
		}
		l.doubts[control][k.String()] = gate.Doubt{Why: why, At: at(now.Unix())}
		return nil
	})
}

// Settled takes the doubt about a piece of work away and returns those that are left of its control.
func (l *Ledger) Settled(ctx context.Context, k run.Key) ([]gate.Doubt, error) {
	return call(ctx, l, "Settled", func() ([]gate.Doubt, error) {
		delete(l.doubts[strings.ToLower(k.Control)], k.String())
		return l.doubtsOf(k.Control), nil
	})
}

// Doubts lists what speaks against a control.
func (l *Ledger) Doubts(ctx context.Context, control string) ([]gate.Doubt, error) {
	return call(ctx, l, "Doubts", func() ([]gate.Doubt, error) { return l.doubtsOf(control), nil })
}

func (l *Ledger) doubtsOf(control string) []gate.Doubt {
	return slices.SortedFunc(maps.Values(l.doubts[strings.ToLower(control)]), func(x, y gate.Doubt) int {
		return strings.Compare(x.Why, y.Why)
	})
}

// Held counts a run whose fix has held for its control in a stage, once, and returns how many there are.
func (l *Ledger) Held(ctx context.Context, control, stamp, id string, _ time.Time) (int, error) {
	return call(ctx, l, "Held", func() (int, error) {
		key := strings.ToLower(control) + "#" + stamp
		if !slices.Contains(l.held[key], id) {
			l.held[key] = append(l.held[key], id)
		}
		return len(l.held[key]), nil
	})
}

// HeldSoFar is how many fixes of a control have held in a stage.
func (l *Ledger) HeldSoFar(ctx context.Context, control, stamp string) (int, error) {
	return call(ctx, l, "HeldSoFar", func() (int, error) {
		return len(l.held[strings.ToLower(control)+"#"+stamp]), nil
	})
}
