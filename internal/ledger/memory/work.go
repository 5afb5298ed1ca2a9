package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// Work is what is known of a piece of work. The zero value is work that nobody did.
type Work struct {
	Run    string                    // the last run, "" before the first
	Open   bool                      // whether that run is open
	Events map[string]bool           // that brought the findings of the last run that closed
	Fix    string                    // the last verified run
	Fixes  [3]time.Time              // when the last three were, the latest first
	Ends   [run.Remembered]time.Time // when its last runs ended, the latest first; those of operators do not count
	Wrote  []string                  // ids of the runs that changed something, the oldest first
	Hold   run.Hold                  // keeps the engine away until it ends
	Asked  string                    // the run whose plan waits for approval
	Lapses time.Time                 // until when; zero where it waits for ever

	Look        time.Time // when it is looked at again; zero where nobody does
	Recurrences int       // how often that found a fix undone
}

func (l *Ledger) work(k run.Key) *Work {
	w := l.works[k.String()]
	if w == nil {
		w = &Work{Events: map[string]bool{}}
		l.works[k.String()] = w
	}
	return w
}

// copied is a work that the reader may keep.
func (l *Ledger) copied(k run.Key) Work {
	w := l.works[k.String()]
	if w == nil {
		return Work{}
	}
	out := *w
	out.Events, out.Wrote = maps.Clone(w.Events), slices.Clone(w.Wrote)
	return out
}

// seconds is a hold as it is stored.
func seconds(h run.Hold) run.Hold {
	h.Until = at(h.Until.Unix())
	return h
}

// KeepOff keeps the engine away from a piece of work. A hold that ends later stays.
func (l *Ledger) KeepOff(ctx context.Context, k run.Key, hold run.Hold) error {
	return l.act(ctx, "KeepOff", func() error {
		if w := l.work(k); w.Hold.Until.Unix() < hold.Until.Unix() {
			w.Hold = seconds(hold)
		}
		return nil
	})
}

// Hold returns what keeps the engine away from a piece of work now; nil if nothing does.
func (l *Ledger) Hold(ctx context.Context, k run.Key, now time.Time) (*run.Hold, error) {
	return call(ctx, l, "Hold", func() (*run.Hold, error) {
		if h := l.copied(k).Hold; h.Until.Unix() > now.Unix() {
			return &h, nil
		}
		return nil, nil
	})
}

// LastFix returns the id of the last verified run of a piece of work, "" if there is none.
func (l *Ledger) LastFix(ctx context.Context, k run.Key) (string, error) {
	return call(ctx, l, "LastFix", func() (string, error) { return l.copied(k).Fix, nil })
}

// Latest returns the ids of the last run of a piece of work and of its last
// verified one, the same once; none if there was no run.
func (l *Ledger) Latest(ctx context.Context, k run.Key) ([]string, error) {
	return call(ctx, l, "Latest", func() ([]string, error) {
		var ids []string
		w := l.copied(k)
		for _, id := range []string{w.Run, w.Fix} {
			if id != "" && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		return ids, nil
	})
}

// Wrote returns the ids of the runs of a piece of work that changed something, the last first.
func (l *Ledger) Wrote(ctx context.Context, k run.Key) ([]string, error) {
	return call(ctx, l, "Wrote", func() ([]string, error) {
		ids := l.copied(k).Wrote
		slices.Reverse(ids)
		return ids, nil
	})
}

// MarkUndone notes on a finished run which later run took it back.
func (l *Ledger) MarkUndone(ctx context.Context, id, by string) error {
	return l.act(ctx, "MarkUndone", func() error {
		if _, err := l.get(id); err != nil {
			return err
		}
		if rec := l.runs[id]; rec.state != run.StateClosed {
			return fmt.Errorf("mark run %s as undone: it is %s", id, rec.state)
		}
		l.runs[id].undoneBy = by
		return nil
	})
}
