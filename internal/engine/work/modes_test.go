package work_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// TestImportedWithoutAuto: what nobody asked for and nobody automated leaves no
// trace, neither in the member nor in the hub.
func TestImportedWithoutAuto(t *testing.T) {
	tests := map[string]gate.Config{
		"no configuration":                  {},
		"manual":                            enginetest.Modes(gate.Manual),
		"off":                               enginetest.Modes(gate.Off),
		"a enginetest.Later release's mode": enginetest.Modes("sometimes"),
		"auto in another account": {Version: 1, Controls: map[string]gate.Rule{
			"Store.3": {Mode: gate.Auto, Where: []gate.Where{{Accounts: []string{"999999999999"}}}},
		}},
		"auto for another control": {Version: 1, Controls: map[string]gate.Rule{"Store.1": {Mode: gate.Auto}}},
	}
	for name, config := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			w.Config = config
			b := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(b))
			p := w.Start()
			w.ClearCalls()
			p.Handled(t, w.Imported(t, id), enginetest.Sweep())
			w.Silent(t)
			w.Untouched(t, id)
			if w.Flags(b) != nil || len(p.Told()) > 0 {
				t.Errorf("flags %+v, notices %+v", w.Flags(b), p.Told())
			}
		})
	}
}

// TestClickWithoutConfiguration: a person's click is enough.
func TestClickWithoutConfiguration(t *testing.T) {
	for name, config := range map[string]gate.Config{"no configuration": {}, "manual": enginetest.Modes(gate.Manual)} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			w.Config = config
			b := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(b))
			w.Start().Handled(t, w.Click(t, id))
			r := w.Ended(t, run.StatusVerified)
			if r.Trigger != run.TriggerClick || r.Actor != "unattributed" || !w.Blocked(b) {
				t.Errorf("trigger %s by %s, flags %+v", r.Trigger, r.Actor, w.Flags(b))
			}
			w.Shows(t, id, finding.Resolved, "salve undo r")
		})
	}
}

// TestClickThatIsRefused: the person who clicked learns why nothing happens.
func TestClickThatIsRefused(t *testing.T) {
	w := enginetest.New(t)
	w.Config = enginetest.Modes(gate.Off)
	b := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(b))
	w.ClearCalls()
	w.Start().Handled(t, w.Click(t, id))
	w.Shows(t, id, finding.Notified, "Store.3", "off")
	if w.Flags(b) != nil {
		t.Errorf("flags %+v", w.Flags(b))
	}
	w.NothingStored(t)
}

// TestForeignClick: the action of another product is none of ours, whatever finding it names.
func TestForeignClick(t *testing.T) {
	w := enginetest.New(t)
	b := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(b))
	m := w.Click(t, id)
	m.Body = strings.Replace(m.Body, "action/custom/SalveRemediate", "action/custom/Ticket", 1)
	p := w.Start()
	w.ClearCalls()
	p.Handled(t, m)
	w.Silent(t)
	w.Untouched(t, id)
}

// TestPlanOnly: the diff is recorded and told, and the resource is only read.
func TestPlanOnly(t *testing.T) {
	w := enginetest.New(t)
	w.Config = enginetest.Modes(gate.Plan)
	before := enginetest.Block(true, false, true, false)
	b := w.Store(t, before)
	id := w.Report(t, enginetest.Spec(b))
	p := w.Start()
	w.ClearCalls()
	p.Handled(t, w.Imported(t, id))
	r := w.Ended(t, run.StatusPlanned)
	var paths []string
	for _, c := range r.Changes() {
		paths = append(paths, c.Path+" "+control.Text(c.From)+" "+control.Text(c.To))
	}
	want := "BlockStrangers false true, IgnoreLists false true"
	if got := strings.Join(paths, ", "); got != want {
		t.Errorf("plan %q, want %q", got, want)
	}
	w.Flagged(t, b, before)
	if n := w.Puts(b); n != 0 {
		t.Errorf("%d writes to the store", n)
	}
	w.Untouched(t, id)

	// People are told with the next digest.
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	told := p.Told()
	if len(told) != 1 || told[0].Kind != notice.Planned || len(told[0].Changes) != 2 || told[0].RunID != r.ID {
		t.Errorf("notices %+v, want the plan", told)
	}
	if _, err := p.Undo(t.Context(), r.ID, "alice"); err == nil {
		t.Error("a plan was taken back")
	}
}

// TestApprovalIsWaitedFor: the plan is shown where people look, and nothing is
// done, however often it is reported and whatever sweeps come.
func TestApprovalIsWaitedFor(t *testing.T) {
	for _, trigger := range []string{"imported", "click"} {
		t.Run(trigger, func(t *testing.T) {
			w := enginetest.New(t)
			w.Config = enginetest.Modes(gate.Approve)
			b := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(b))
			m := w.Imported(t, id)
			if trigger == "click" {
				m = w.Click(t, id)
			}
			p := w.Start()
			p.Handled(t, m)
			r := w.Ended(t, run.StatusAwaitingApproval)
			w.Shows(t, id, finding.Notified,
				"salve apply Store.3 "+b+" --account "+enginetest.Member+" --region "+enginetest.Region+" --yes")
			if told := p.Told(); len(told) != 1 || told[0].Kind != notice.NeedsApprove || told[0].RunID != r.ID {
				t.Errorf("notices %+v, want one that asks for approval", told)
			}
			w.Clock.Move(enginetest.Later)
			p.Handled(t, m, w.Imported(t, id), enginetest.Sweep())
			if w.Flags(b) != nil || w.Puts(b) != 0 || len(w.Runs()) != 1 {
				t.Errorf("flags %+v, %d writes, %d runs", w.Flags(b), w.Puts(b), len(w.Runs()))
			}
		})
	}
}
