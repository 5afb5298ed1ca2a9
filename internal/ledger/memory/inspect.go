package memory

import (
	"fmt"
	"maps"
	"slices"

	"github.com/salve-security/salve/internal/run"
)

// Runs are all runs that can be read, by their ids: the oldest first.
func (l *Ledger) Runs() []*run.Run {
	l.mu.Lock()
	defer l.mu.Unlock()
	var runs []*run.Run
	for _, id := range slices.Sorted(maps.Keys(l.runs)) {
		if r, err := l.get(id); err == nil {
			runs = append(runs, r)
		}
	}
	return runs
}

// Locks are the resource roots that are locked, and by which run.
func (l *Ledger) Locks() map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.locks)
}

// Work is what is known of a piece of work.
func (l *Ledger) Work(k run.Key) Work {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.copied(k)
}

// Stored is all that is stored of a run, to see whether anything changed; "" if
// there is no such run.
func (l *Ledger) Stored(id string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if rec := l.runs[id]; rec != nil {
		return fmt.Sprintf("%s %+v", rec.doc, *rec)
	}
	return ""
}

// Forget takes a run out of the ledger, as somebody may by hand. Its work and its
// locks stay.
func (l *Ledger) Forget(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.runs, id)
}
