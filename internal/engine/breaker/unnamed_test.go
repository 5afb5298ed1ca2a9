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
