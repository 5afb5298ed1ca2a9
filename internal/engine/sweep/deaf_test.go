package sweep_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/enginetest"
)

// TestRuleThatIsOff is noted once or twice an hour, and not looked at in between; a look that fails is noted as well,
// and keeps the sweep from nothing.
func TestRuleThatIsOff(t *testing.T) {
	for want, tc := range map[string]struct {
		err  error
		says string
	}{
		audit.NotFed:   {nil, "salve-imported brings no events"},
		audit.NotSwept: {errors.New("not allowed"), "not allowed"},
	} {
		t.Run(want, func(t *testing.T) {
			w := enginetest.New(t) // ten past
			w.Waiting(t, false)
			p := w.Start()
			looks := 0
			p.Deaf = func(context.Context) ([]string, error) {
				looks++
				if tc.err != nil {
					return nil, tc.err
				}
				return []string{"rule salve-imported"}, nil
			}
			for range 60 {
				p.Handled(t, enginetest.Sweep())
				w.Clock.Move(time.Minute)
			}
			noted := 0
			for _, line := range p.Audited() {
				if line.Event == want && strings.Contains(line.Reason+line.Error, tc.says) {
					noted++
				}
			}
			if looks != 2 || noted != 2 || p.Beats() != 60 {
				t.Errorf("%d looks, noted %d times in %d sweeps", looks, noted, p.Beats())
			}
		})
	}
}
