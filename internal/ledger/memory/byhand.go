package memory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/gate"
)

// PushConfig stores a configuration document in place of a version, and keeps it. gate.ErrConflict says that another
// version is stored by now.
func (l *Ledger) PushConfig(ctx context.Context, p gate.Push) error {
	return l.act(ctx, "PushConfig", func() error {
		if l.pushed && l.version != p.Over {
			return gate.ErrConflict
		}
		l.modes = p.Modes(l.settings())
		l.pushed, l.doc, l.version, l.unread = true, p.Doc, p.Over+1, nil
		sum := sha256.Sum256([]byte(p.Doc))
		l.history[l.version] = gate.Pushed{Version: l.version, Hash: hex.EncodeToString(sum[:]), Push: p.Kept()}
		delete(l.history, l.version-gate.KeptVersions)
		return nil
	})
}

// Pushes lists the documents that are kept, the newest first, without the documents themselves.
func (l *Ledger) Pushes(ctx context.Context) ([]gate.Pushed, error) {
	return call(ctx, l, "Pushes", func() ([]gate.Pushed, error) {
		var out []gate.Pushed
		for version := l.version; version > 0; version-- {
			if p, kept := l.history[version]; kept {
				p.Doc = ""
				out = append(out, p)
			}
		}
		return out, nil
	})
}

// Pushed returns a document of the history, gate.ErrNotKept if there is no such version.
func (l *Ledger) Pushed(ctx context.Context, version int64) (gate.Pushed, error) {
	return call(ctx, l, "Pushed", func() (gate.Pushed, error) {
		p, kept := l.history[version]
		if !kept {
			return p, gate.ErrNotKept
		}
		return p, nil
	})
}

// Disable stores what a person switches off. It replaces what is switched off at the same place, but not where that
// ends later, with gate.ErrLonger. gate.ErrMany says that there is no room.
func (l *Ledger) Disable(ctx context.Context, d gate.Disable, now time.Time) error {
	return l.act(ctx, "Disable", func() error {
		key, err := d.Key()
		if err != nil {
			return err
		}
		old, there := l.disables[key]
		if there && !d.Expires.IsZero() && !endsBy(gate.Stop{Origin: old.Origin}, d.Expires) {
			return gate.ErrLonger
		}
		if !there && len(l.disables) >= gate.MostDisables {
			maps.DeleteFunc(l.disables, func(_ string, old gate.Disable) bool { return !old.Active(now) })
		}
		if !there && len(l.disables) >= gate.MostDisables {
			return gate.ErrMany
		}
		d.Control, d.Stored = strings.ToLower(d.Control), key
		d.Since, d.Expires = at(d.Since.Unix()), at(d.Expires.Unix())
		l.disables[key] = d
		return nil
	})
}

// Lift takes back what is switched off by hand at a place; false: nothing is.
func (l *Ledger) Lift(ctx context.Context, d gate.Disable) (bool, error) {
	return call(ctx, l, "Lift", func() (bool, error) {
		key := d.Stored
		if key == "" {
			var err error
			if key, err = d.Key(); err != nil {
				return false, err
			}
		}
		_, there := l.disables[key]
		delete(l.disables, key)
		return there, nil
	})
}
