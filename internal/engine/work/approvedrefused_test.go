package work_test

import (
	"testing"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// TestApprovedAndRefused: who waited for a yes reads that it came, and what is in the way: on the finding, which no
// longer says that it waits for approval, and in the mail, as of a denial.
func TestApprovedAndRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(w *enginetest.World, store string)
		says   string
	}{
		"exception": {protect, "static site"},
		"class": {func(w *enginetest.World, store string) {
			w.Config.Classes = &gate.Classes{Tag: "data", Unclassified: gate.Off}
			w.Tag(store, map[string]string{"data": "red"})
		}, "class"},
		"off":     {func(w *enginetest.World, _ string) { w.Config.Controls = enginetest.Modes(gate.Off).Controls }, "off"},
		"disable": {func(w *enginetest.World, _ string) { off(t, w, "Store.3") }, "disabled"},
	} {
		t.Run(name, func(t *testing.T) {
			w, p, store, id, asked := waiting(t, false, false)
			tc.change(w, store)
			told := len(p.Told())
			p.Handled(t, enginetest.Answer(t, enginetest.Alice, asked, run.Approve))
			w.Shows(t, id, finding.Notified, "did not act", tc.says, "alice approved the plan of run "+asked.ID)
			w.Clock.Move(enginetest.Later)
			p.Handled(t, enginetest.Sweep())
			if news := p.Told()[told:]; len(news) != 1 || news[0].Kind != notice.Refused {
				t.Errorf("told %+v", news)
			}
			if waits, err := w.Ledger.Asked(t.Context(), asked.Key); waits != "" || err != nil || w.Puts(store) > 0 {
				t.Errorf("%q waits still, %v, %d writes", waits, err, w.Puts(store))
			}
		})
	}
}
