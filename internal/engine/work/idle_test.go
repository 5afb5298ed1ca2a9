package work_test

import (
	"testing"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/gate"
)

// TestEventsForWhatIsNotEnabled: ten thousand of them call nothing at all, whatever else the document asks for.
func TestEventsForWhatIsNotEnabled(t *testing.T) {
	for name, rule := range map[string]gate.Rule{
		"no rule": {}, "manual": {Mode: gate.Manual}, "off": {Mode: gate.Off},
		"elsewhere": {Mode: gate.Auto, Where: []gate.Where{{
			Accounts: []string{"999999999999"}, Tags: map[string][]string{"env": {"dev"}},
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := evening(t)
			w.Config.Controls = map[string]gate.Rule{"Store.3": rule}
			w.Config.Classes = &gate.Classes{Tag: "data", Unclassified: gate.Off}
			w.Config.Freezes = []gate.Freeze{{From: "2026-03-01", To: "2026-03-09", TZ: "UTC", Reason: "fair"}}
			p := w.Start()
			batch := make([]engine.Message, 10)
			event := w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil))))
			for i := range batch {
				batch[i] = event
			}
			w.ClearCalls()
			for range 2500 / len(batch) {
				p.Handled(t, batch...)
			}
			if calls := w.Calls(); len(calls) > 0 {
				t.Errorf("%d calls, the first %+v", len(calls), calls[0])
			}
			w.NothingStored(t)
		})
	}
}
