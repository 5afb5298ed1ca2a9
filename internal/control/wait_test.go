package control_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
)

// TestWaits: a person's time is only for what nobody but a person can finish. As long as anything else is left,
// and for an undo, the control's own time holds.
func TestWaits(t *testing.T) {
	guard := map[string]control.Wait{"Goods/guard": {For: "somebody to wake the", Within: 72 * time.Hour}}
	tests := map[string]struct {
		waits  map[string]control.Wait
		shows  func(to stock) stock // what of the write can be seen
		within time.Duration
		says   string
	}{
		"all done": {guard, func(to stock) stock { return to }, time.Minute, ""},
		"a person": {
			guard, func(to stock) stock { delete(to.Goods, "guard"); return to }, 72 * time.Hour,
			"somebody to wake the guard",
		},
		"a person and AWS": {
			guard, func(to stock) stock { delete(to.Goods, "guard"); to.Days = 0; return to }, time.Minute, "",
		},
		"nobody declared": {nil, func(to stock) stock { delete(to.Goods, "guard"); return to }, time.Minute, ""},
		"two people": {
			map[string]control.Wait{
				"Goods/*": {For: "somebody to wake the", Within: 72 * time.Hour},
				"Days":    {For: "somebody to count the", Within: time.Hour},
			},
			func(to stock) stock { delete(to.Goods, "guard"); to.Days = 0; return to }, time.Hour,
			"somebody to count the Days, and somebody to wake the guard",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s := &store{now: open(), onWrite: func(_, to stock) (stock, error) { return tc.shows(to), nil }}
			c := s.control()
			c.Settle, c.Waits = control.Settle{Within: time.Minute}, tc.waits
			p := ok[control.Plan](t)(c.Plan(t.Context(), env()))
			done(t, c.Apply(t.Context(), env(), p))
			seen := ok[control.Seen](t)(c.Verify(t.Context(), env(), p))
			if seen.Within != tc.within || seen.Waits != tc.says {
				t.Errorf("within %v for %q, want %v for %q; left %v", seen.Within, seen.Waits, tc.within, tc.says, seen.Left)
			}
			p.Undo = true
			if seen = ok[control.Seen](t)(c.Verify(t.Context(), env(), p)); seen.Within != time.Minute || seen.Waits != "" {
				t.Errorf("undo: within %v for %q", seen.Within, seen.Waits)
			}
		})
	}
}
