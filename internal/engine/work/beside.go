package work

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

// besides bounds the time for looking at other controls before an undo, and
// again after it: what is not answered by then is not warned of.
const besides = 15 * time.Second

// beside are the controls that work on the same resource root as c without
// sharing its state.
func (w *Worker) beside(c control.Control, t control.Target) []control.Control {
	var out []control.Control
	for _, o := range w.Controls.All() {
		if c.Beside(o, t) && !c.Kin(o, t) {
			out = append(out, o)
		}
	}
	return out
}

// met looks at controls and says by id which are met. One that cannot be read
// now, or refuses the resource, is not in the answer.
func (a *attempt) met(ctx context.Context, controls []control.Control) map[string]bool {
	ctx, cancel := context.WithTimeout(ctx, besides)
	defer cancel()
	var mu sync.Mutex
	out := map[string]bool{}
	var group errgroup.Group
	group.SetLimit(run.InParallel)
	for _, c := range controls {
		group.Go(func() error {
			defer func() { _ = recover() }() // a defect of a playbook that nobody asked for
			plan, err := a.Reread(ctx, Request{
				Control: c.ID, Target: a.r.Target(), Scope: a.r.Key.Scope, Actor: a.r.Actor,
			})
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				out[c.ID] = plan.Empty()
			}
			return nil // no reason to keep anybody from an undo
		})
	}
	_ = group.Wait()
	return out
}

// lost are the controls that were met before an undo and are not met after it.
func (a *attempt) lost(ctx context.Context) []string {
	var before []control.Control
	for _, c := range a.Controls.All() {
		if a.before[c.ID] {
			before = append(before, c)
		}
	}
	if len(before) == 0 {
		return nil
	}
	var out []string
	for id, met := range a.met(ctx, before) {
		if !met {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// nowUnmet says of an undo which other controls it leaves unmet, and for which
// of them Salve keeps off the resource too.
func nowUnmet(r *run.Run) string {
	var parts []string
	if len(r.Unmet) > 0 {
		them := "them"
		if len(r.Unmet) == 1 {
			them = "it"
		}
		parts = append(parts, "This leaves "+strings.Join(r.Unmet, ", ")+
			" unmet too, and Salve keeps off the resource for "+them+" as well.")
	}
	if len(r.Lost) > 0 {
		parts = append(parts, "Met before and not any more, and not on hold: "+strings.Join(r.Lost, ", ")+".")
	}
	return strings.Join(parts, " ")
}
