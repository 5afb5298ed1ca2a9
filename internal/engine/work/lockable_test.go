package work_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// TestTooManyLocks: a control that names more locks than a run may have is told to people as every other defect,
// and nothing is read or written; its message does not come again.
func TestTooManyLocks(t *testing.T) {
	many := make([]string, run.MaxLocks+1)
	for i := range many {
		many[i] = fmt.Sprint("root", i)
	}
	for _, asked := range []string{"reported", "clicked", "at the command line"} {
		t.Run(asked, func(t *testing.T) {
			w := enginetest.New(t)
			info := enginetest.Declared(t, "Store.3")
			info.Lock = func(control.Env) []string { return many }
			p := enginetest.Instead(t, w.Start(), control.Of[text]{
				Info:  info,
				Read:  func(context.Context, control.Env) (text, error) { return text{}, errors.New("it was read") },
				Want:  func(s text, _ control.Env) (text, error) { return s, nil },
				Write: func(context.Context, control.Env, text, text) error { return errors.New("it was written") },
			})
			store := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(store))
			events := map[string]func(*testing.T, ...string) engine.Message{"reported": w.Imported, "clicked": w.Click}
			if event := events[asked]; event != nil {
				p.Handled(t, event(t, id))
				w.Shows(t, id, finding.Notified, "the control has a defect")
			} else if _, err := p.Apply(t.Context(), enginetest.Wish(store)); err != nil {
				t.Fatal(err)
			}
			r := w.Ended(t, run.StatusFailed)
			if told := p.Told(); len(told) != 1 || !strings.Contains(told[0].Why, "1 to 8 resource roots") {
				t.Errorf("people heard %+v", told)
			}
			if strings.Contains(r.Reason, "it was") {
				t.Error(r.Reason)
			}
		})
	}
}
