package breaker_test

import (
	"context"
	"regexp"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// TestWhatNoSessionCanName: a resource whose name would widen the session policy
// of its run is refused. That says nothing about the control.
func TestWhatNoSessionCanName(t *testing.T) {
	for name, store := range map[string]string{
		"a star": "arn:aws:store:::team*/x", "a question mark": "arn:aws:store:::team?x",
		"a variable": "arn:aws:store:::${aws:x}",
	} {
		for _, mode := range []gate.Mode{gate.Plan, gate.Auto} {
			t.Run(name+", "+string(mode), func(t *testing.T) {
				w := enginetest.New(t)
				w.Config = enginetest.Modes(mode)
				info := enginetest.Declared(t, "Store.3")
				info.Pattern = regexp.MustCompile(`^arn:aws[a-z-]*:store:::(.+)$`)
				p := enginetest.Instead(t, w.Stoppable(), control.Of[struct{ On bool }]{
					Info: info,
					Read: func(context.Context, control.Env) (s struct{ On bool }, err error) { return s, nil },
					Want: func(struct{ On bool }, control.Env) (struct{ On bool }, error) {
						return struct{ On bool }{true}, nil
					},
					Write: func(context.Context, control.Env, struct{ On bool }, struct{ On bool }) error {
						t.Error("written")
						return nil
					},
				})
				for range 6 {
					id := w.Of(t, "Store.3", store)
					p.Handled(t, w.Imported(t, id))
					w.Shows(t, id, finding.Notified, "session policy")
				}
				for _, r := range w.Runs() {
					if r.Status != run.StatusRefused {
						t.Errorf("run is %s (%s), want refused", r.Status, r.Reason)
					}
				}
				if notices, lines := tripped(p); len(notices)+lines > 0 {
					t.Errorf("stopped: %+v", notices)
				}
			})
		}
	}
}

// TestHubIsKeptOut: a policy of the hub's side or the organization that keeps Salve out of accounts is one fault, and
// none of the control: each run is told as denied, and nothing is stopped. A policy that forbids what the control
// does counts.
func TestHubIsKeptOut(t *testing.T) {
	for action, stops := range map[string]int{"sts:AssumeRole": 0, "store:PutBlock": 1} {
		t.Run(action, func(t *testing.T) {
			w := enginetest.New(t)
			w.Forbid(action, "service control policy")
			p := w.Stoppable()
			for range 6 {
				p.Handled(t, w.Imported(t, w.Of(t, "Store.3", w.Store(t, nil))))
			}
			for _, r := range w.Runs() {
				if r.Status != run.StatusDenied {
					t.Errorf("run is %s (%s)", r.Status, r.Reason)
				}
			}
			if notices, _ := tripped(p); len(notices) != stops {
				t.Errorf("%d stops, want %d", len(notices), stops)
			}
		})
	}
}
