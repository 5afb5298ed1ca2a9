package control

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// Wait is what a person outside Salve has to do before a fresh read shows a
// change: AWS has asked, and nobody else can answer.
type Wait struct {
	// For says it up to the last key of the path: "somebody to confirm the subscription of".
	For    string
	Within time.Duration // after this the change counts as failed
}

// wait returns what the first matching glob says of a path.
func (i Info) wait(p string) (Wait, bool) {
	for _, glob := range slices.Sorted(maps.Keys(i.Waits)) {
		if ok, err := path.Match(glob, p); err == nil && ok {
			return i.Waits[glob], true
		}
	}
	return Wait{}, false
}

// patience is how long changes that a fresh read lacks may take in all, and what
// people have to do for them. As long as AWS itself owes anything, it is the
// control's own: only what nobody but a person can finish gets a person's time.
func (i Info) patience(left []Change) (within time.Duration, waits string) {
	within = i.Settle.Within
	var all []string
	for n, ch := range left {
		w, ok := i.wait(ch.Path)
		if !ok {
			return i.Settle.Within, ""
		}
		if n == 0 || w.Within < within {
			within = w.Within
		}
		keys := splitPath(ch.Path)
		all = append(all, w.For+" "+visible(keys[len(keys)-1]))
	}
	return within, strings.Join(all, ", and ")
}

// checkWaits finds waits that nobody would hear of, or that would never end.
func (i Info) checkWaits() error {
	for glob, w := range i.Waits {
		if _, err := path.Match(glob, ""); err != nil {
			return fmt.Errorf("control %q: wait %q: %w", i.ID, glob, err)
		}
		if w.For == "" || w.Within <= 0 {
			return fmt.Errorf("control %q: wait %q lacks For or Within", i.ID, glob)
		}
	}
	return nil
}
