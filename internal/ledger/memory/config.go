package memory

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/gate"
)

// Settings returns the configuration document and the stops.
func (l *Ledger) Settings(ctx context.Context) (gate.Settings, error) {
	return call(ctx, l, "Settings", func() (gate.Settings, error) {
		s := l.settings()
		for _, key := range slices.Sorted(maps.Keys(l.stops)) {
			s.Stops = append(s.Stops, l.stops[key])
		}
		for _, key := range slices.Sorted(maps.Keys(l.disables)) {
			s.Disables = append(s.Disables, l.disables[key])
		}
		return s, nil
	})
}

// Config returns the stored configuration document and its version; "" and 0
// before the first push.
func (l *Ledger) Config(ctx context.Context) (doc string, version int64, err error) {
	s, err := l.Settings(ctx)
	return s.Doc, s.Version, errors.Join(err, s.Unread)
}

// Stop stores a stop of a person. It replaces any stop but one that ends later,
// with gate.ErrLonger.
func (l *Ledger) Stop(ctx context.Context, s gate.Stop) error {
	return l.act(ctx, "Stop", func() error {
		old, stopped := l.stops[stopKey(s.Control, s.Account)]
		if stopped && !s.Expires.IsZero() && !endsBy(old, s.Expires) {
			return gate.ErrLonger
		}
		l.halt(s)
		return nil
	})
}

// Trip stores a stop of the engine, unless one holds already, and returns the
// stop that holds then.
func (l *Ledger) Trip(ctx context.Context, s gate.Stop, now time.Time) (gate.Stop, error) {
	return call(ctx, l, "Trip", func() (gate.Stop, error) {
		if old, stopped := l.stops[stopKey(s.Control, s.Account)]; stopped && !endsBy(old, now) {
			return old, nil
		}
		l.halt(s)
		return s, nil
	})
}

func endsBy(s gate.Stop, end time.Time) bool {
	return !s.Expires.IsZero() && s.Expires.Unix() <= end.Unix()
}

// halt stores a stop, as the table does: in small letters and whole seconds.
func (l *Ledger) halt(s gate.Stop) {
	s.Control = strings.ToLower(s.Control)
	s.Since, s.Expires = at(s.Since.Unix()), at(s.Expires.Unix())
	l.stops[stopKey(s.Control, s.Account)] = s
}

// stopKey is the name a stop is filed under. No control is called "*".
func stopKey(control, account string) string {
	key := cmp.Or(strings.ToLower(control), "*")
	if account != "" {
		key += "#" + account
	}
	return key
}

// Resume takes the stop of a control away, or with "" that of everything, with an
// account only the control's there; false says that there is none. The count of
// failures begins anew.
func (l *Ledger) Resume(ctx context.Context, control, account string, now time.Time) (bool, error) {
	return call(ctx, l, "Resume", func() (bool, error) {
		maps.DeleteFunc(l.tallies[hourOf(control, now)], func(name string, _ int) bool {
			_, of, _ := strings.Cut(name, "#")
			return account == "" || of == account
		})
		_, stopped := l.stops[stopKey(control, account)]
		delete(l.stops, stopKey(control, account))
		return stopped, nil
	})
}
