package work_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/run"
)

// asked is a hook that keeps the sessions that a process asked for.
type asked struct {
	mu   sync.Mutex
	list []control.SessionRequest
}

func (a *asked) keep(_ context.Context, c enginetest.Call) error {
	if r, ok := c.Input.(control.SessionRequest); ok && c.Done {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.list = append(a.list, r)
	}
	return nil
}

// rights are what a session may do, and where.
type rights struct{ Actions, Narrow []string }

// TestSessionsAreNarrow: a session may do what its control declares for what it
// is about to do, on the one resource. What IAM makes of that is in labtest.
func TestSessionsAreNarrow(t *testing.T) {
	read, both := []string{"store:GetBlock"}, []string{"store:GetBlock", "store:PutBlock"}
	tests := map[string]struct {
		do   func(t *testing.T, w *enginetest.World, p *enginetest.Process, store string, fix *run.Run)
		want []string // actions
	}{
		"a run": {func(t *testing.T, w *enginetest.World, p *enginetest.Process, store string, _ *run.Run) {
			w.SetFlags(t, store, nil)
			if r, err := p.Apply(t.Context(), enginetest.Wish(store)); err != nil || r.Status != run.StatusVerified {
				t.Fatalf("apply %+v, %v", r, err)
			}
		}, both},
		"a preview": {func(t *testing.T, w *enginetest.World, p *enginetest.Process, store string, _ *run.Run) {
			w.SetFlags(t, store, nil)
			if plan, err := p.Preview(t.Context(), enginetest.Wish(store)); err != nil || plan.Empty() {
				t.Fatalf("plan %+v, %v", plan, err)
			}
		}, read},
		"a preview of an undo": {
			func(t *testing.T, _ *enginetest.World, p *enginetest.Process, _ string, fix *run.Run) {
				preview, err := p.PreviewUndo(t.Context(), work.Takeback{Run: fix.ID})
				if err != nil || preview.Plan.Empty() {
					t.Fatalf("preview %+v, %v", preview, err)
				}
			}, read,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			store, _, fix := w.Repaired(t, w.Start(), nil)
			var a asked
			tc.do(t, w, w.Start(a.keep), store, fix)
			if len(a.list) != 1 {
				t.Fatalf("%d sessions, want 1: %+v", len(a.list), a.list)
			}
			got := rights{a.list[0].Actions, a.list[0].Narrow}
			if d := cmp.Diff(rights{tc.want, []string{store}}, got); d != "" || a.list[0].Target.Resource != store {
				t.Errorf("session for %s (-want +got):\n%s", a.list[0].Target.Resource, d)
			}
		})
	}
}

// TestUndoSessionsMayUndo: what only taking back needs is allowed then, and only then.
func TestUndoSessionsMayUndo(t *testing.T) {
	w := enginetest.New(t)
	on := false
	c := enginetest.Switched(
		func(context.Context, control.Env) (enginetest.Switch, error) { return enginetest.Switch{On: on}, nil },
		func(_ context.Context, _ control.Env, _, to enginetest.Switch) error { on = to.On; return nil })
	c.Info = enginetest.Declared(t, "Store.3")
	c.UndoActions = []string{"store:DeleteBlock"}
	var a asked
	p := enginetest.Instead(t, w.Start(a.keep), c)
	_, _, fix := w.Repaired(t, p, nil)
	w.TakenBack(t, p, fix)
	want := [][]string{c.Actions, append(append([]string(nil), c.Actions...), c.UndoActions...)}
	var got [][]string
	for _, r := range a.list {
		got = append(got, r.Actions)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("sessions (-want +got):\n%s", d)
	}
}
