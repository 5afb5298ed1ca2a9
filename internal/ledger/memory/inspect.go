package memory

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

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

// Edit changes the document of a run, as another version of Salve may.
func (l *Ledger) Edit(id string, change func(doc string) string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs[id].doc = []byte(change(string(l.runs[id].doc)))
}

// Spoil makes the configuration document something that cannot be read.
func (l *Ledger) Spoil() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.doc, l.unread = "", errors.New("the stored configuration cannot be read, push it again")
}

// Dump is all that is stored, as one text; "" if nothing is. Of the key of secrets it
// says only that there is one.
func (l *Ledger) Dump() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out strings.Builder
	for id, rec := range l.runs {
		beside := *rec
		beside.doc = nil
		fmt.Fprintf(&out, "run %s: %s %+v\n", id, rec.doc, beside)
	}
	for k, w := range l.works {
		fmt.Fprintf(&out, "work %s: %+v\n", k, *w)
	}
	for id, a := range l.accounts {
		fmt.Fprintf(&out, "account %s: %+v\n", id, *a)
	}
	dump(&out, "lock", l.locks)
	dump(&out, "once", l.once)
	dump(&out, "tally", l.tallies)
	dump(&out, "share", l.marks)
	dump(&out, "stop", l.stops)
	if l.pushed {
		fmt.Fprintf(&out, "configuration %d: %s\n", l.version, l.doc)
	}
	if l.seal != nil {
		out.WriteString("a key of secrets\n")
	}
	return out.String()
}

func dump[V any](out *strings.Builder, what string, m map[string]V) {
	for k, v := range m {
		fmt.Fprintf(out, "%s %s: %+v\n", what, k, v)
	}
}
