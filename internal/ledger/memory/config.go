package memory

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// Settings returns the configuration document and the stops.
func (l *Ledger) Settings(ctx context.Context) (gate.Settings, error) {
	return call(ctx, l, "Settings", func() (gate.Settings, error) {
		s := gate.Settings{Doc: l.doc, Version: l.version, Unread: l.unread}
		for _, key := range slices.Sorted(maps.Keys(l.stops)) {
			s.Stops = append(s.Stops, l.stops[key])
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

// PushConfig stores a configuration document in place of version. gate.ErrConflict
// says that another version is stored by now.
func (l *Ledger) PushConfig(ctx context.Context, doc string, version int64) error {
	return l.act(ctx, "PushConfig", func() error {
		if l.pushed && l.version != version {
			return gate.ErrConflict
		}
		l.pushed, l.doc, l.version, l.unread = true, doc, version+1, nil
		return nil
	})
}

// Stop stores a stop of a person. It replaces any stop but one that ends later,
// with gate.ErrLonger.
func (l *Ledger) Stop(ctx context.Context, s gate.Stop) error {
	return l.act(ctx, "Stop", func() error {
		old, stopped := l.stops[stopKey(s.Control)]
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
		if old, stopped := l.stops[stopKey(s.Control)]; stopped && !endsBy(old, now) {
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
	l.stops[stopKey(s.Control)] = s
}

// stopKey is the name a stop is filed under. No control is called "*".
func stopKey(control string) string {
	if control == "" {
		return "*"
	}
	return strings.ToLower(control)
}

// Resume takes the stop of a control away, or with "" that of everything; false
// says that there is none. The control's count of failures begins anew.
func (l *Ledger) Resume(ctx context.Context, control string, now time.Time) (bool, error) {
	return call(ctx, l, "Resume", func() (bool, error) {
		for _, s := range []run.Status{run.StatusFailed, run.StatusDenied, run.StatusUnverified} {
			delete(l.tallies[hourOf(control, now)], string(s))
		}
		_, stopped := l.stops[stopKey(control)]
		delete(l.stops, stopKey(control))
		return stopped, nil
	})
}
