package work_test

import (
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// planned presses Salve: plan on a finding, gives everything that follows back to the engine, and wants the resource
// untouched and nobody mailed.
func planned(t *testing.T, w *enginetest.World, p *enginetest.Process, store string, ids ...string) {
	t.Helper()
	w.ClearCalls()
	w.Events()
	told := len(p.Told())
	p.Handled(t, w.Press(t, names.ActionPlan, ids...))
	p.Handled(t, w.Events()...)
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	if n := w.Puts(store); n != 0 {
		t.Errorf("%d writes to the store", n)
	}
	for _, c := range w.Calls() {
		if r, opens := c.Input.(control.SessionRequest); opens && strings.Contains(strings.Join(r.Actions, " "), "Put") {
			t.Errorf("the session may do %v: a plan is made in one that cannot write", r.Actions)
		}
	}
	if news := p.Told()[told:]; len(news) > 0 {
		t.Errorf("told %+v", news)
	}
	w.Unlocked(t)
}

// TestPlanButton: every mode but off shows what would change and how to have it changed, and does nothing: the status
// stays, the event of our own note starts nothing, nobody gets a mail.
func TestPlanButton(t *testing.T) {
	for mode, want := range map[gate.Mode][]string{
		gate.Plan:    {"To do: salve apply Store.3"},
		gate.Manual:  {"To do: press Remediate, or salve apply Store.3"},
		gate.Approve: {"To do: salve apply Store.3"},
		gate.Auto:    {"To do: press Remediate, or salve apply Store.3"},
	} {
		t.Run(string(mode), func(t *testing.T) {
			w := enginetest.New(t)
			w.Config = enginetest.Modes(mode)
			b := w.Store(t, enginetest.Block(true, false, true, false))
			id := w.Report(t, enginetest.Spec(b))
			p := w.Start()
			planned(t, w, p, b, id)
			r := w.Ended(t, run.StatusPlanned)
			if r.Trigger != run.TriggerClick || r.Actor != "unattributed" || r.Plan == nil {
				t.Errorf("run %+v", r)
			}
			w.Shows(t, id, finding.New, append(want, "Salve would fix Store.3, plan "+r.Plan.Hash[:12]+",",
				"has changed nothing.", "It would change: IgnoreLists: false → true, BlockStrangers: false → true.",
				"All of it: salve show "+r.ID)...)
		})
	}
}

// TestPlanButtonIsRefused: who pressed it reads why, and the status stays as well.
func TestPlanButtonIsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		set  func(t *testing.T, w *enginetest.World, store, id string)
		want string
	}{
		"off": {
			func(_ *testing.T, w *enginetest.World, _, _ string) { w.Config = enginetest.Modes(gate.Off) }, "off here",
		},
		"stopped": {
			func(t *testing.T, w *enginetest.World, _, _ string) { w.Stop(t, "", "ada", "incident", 0) }, "ada stopped",
		},
		"an exception": {
			func(t *testing.T, w *enginetest.World, store, _ string) { except(t, w, "Store.3", store, toCome) }, "SEC-12",
		},
		"no role": {
			func(_ *testing.T, w *enginetest.World, _, _ string) { w.Distrust(enginetest.Member) }, "Deploy deploy/member.yaml",
		},
		"denied": {
			func(_ *testing.T, w *enginetest.World, _, _ string) { w.Forbid("store:GetBlock", "boundary") }, "plan a fix of",
		},
		"gone": {func(_ *testing.T, w *enginetest.World, store, _ string) { w.Remove(store) }, "no longer exists"},
		"met":  {nil, "found Store.3 met already"},
		"suppressed": {
			func(t *testing.T, w *enginetest.World, _, id string) { w.Mark(t, id, finding.Suppressed) }, "suppressed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			b := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(b))
			if tc.set == nil {
				w.SetFlags(t, b, enginetest.Block(true, true, true, true))
			} else {
				tc.set(t, w, b, id)
			}
			status := w.Finding(t, id).Workflow.Status
			planned(t, w, w.Stoppable(), b, id)
			w.Shows(t, id, status, tc.want)
		})
	}
}

// TestPlanButtonKeepsTheStatus: whatever the finding says of itself, and a person's words stay in front.
func TestPlanButtonKeepsTheStatus(t *testing.T) {
	for _, status := range []string{finding.New, finding.Notified, finding.Resolved} {
		t.Run(status, func(t *testing.T) {
			w := enginetest.New(t)
			b := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(b))
			w.Comment(t, id, status, "ann looks into it")
			planned(t, w, w.Start(), b, id)
			w.Shows(t, id, status, `Note before: "ann looks into it" Salve would fix Store.3`)
		})
	}
	for name, change := range map[string]string{"passed": "PASSED", "archived": "FAILED"} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			b := w.Store(t, nil)
			spec := enginetest.Spec(b)
			spec.Status = change
			id := w.Report(t, spec)
			p := w.Start()
			m := w.Press(t, names.ActionPlan, id)
			if name == "archived" {
				m.Body = strings.Replace(m.Body, `"RecordState":"ACTIVE"`, `"RecordState":"ARCHIVED"`, 1)
			}
			p.Handled(t, m)
			w.Shows(t, id, w.Finding(t, id).Workflow.Status, "Salve did not plan a fix of Store.3")
		})
	}
}

// TestPlanIsNoLeaveToAct: the event of our own note must not start in mode auto what the person only wanted to see; the
// next report does.
func TestPlanIsNoLeaveToAct(t *testing.T) {
	w := enginetest.New(t)
	b := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(b))
	p := w.Start()
	w.Events()
	p.Handled(t, w.Press(t, names.ActionPlan, id))
	echoes := w.Events()
	if len(echoes) != 1 {
		t.Fatalf("%d events", len(echoes))
	}
	w.Clock.Move(10 * time.Minute) // in the queue
	p.Handled(t, echoes...)
	w.Ended(t, run.StatusPlanned)
	p.Handled(t, w.Imported(t, id))
	if w.Says(t, id, finding.Resolved); !w.Blocked(b) {
		t.Errorf("flags %+v", w.Flags(b))
	}
}

// TestPlanBesideAnOpenRun: a run that waits is neither joined nor made a person's, and the plan is shown all the same.
func TestPlanBesideAnOpenRun(t *testing.T) {
	w := enginetest.New(t)
	b, id := w.Waiting(t, false)
	waits := w.Only(t)
	p := w.Start()
	m := w.Press(t, names.ActionPlan, id)
	p.Handled(t, m, m) // it comes again
	p.Handled(t, m)
	w.Shows(t, id, finding.New, "Salve would fix Store.3")
	if n := len(w.Runs()); n != 2 {
		t.Errorf("%d runs", n)
	}
	for _, r := range w.Runs() {
		if r.ID == waits.ID && (r.Trigger != run.TriggerImported || r.State != waits.State || len(r.Asks) > 0) {
			t.Fatalf("the run that waits is %+v", r)
		}
	}
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	if w.Says(t, id, finding.Resolved); !w.Blocked(b) {
		t.Errorf("flags %+v", w.Flags(b))
	}
}

// TestPlanThatWaits: it is made when AWS answers, and stays a plan whatever the mode is by then.
func TestPlanThatWaits(t *testing.T) {
	for name, tc := range map[string]struct {
		meanwhile func(t *testing.T, w *enginetest.World)
		want      string
	}{
		"as before":    {func(*testing.T, *enginetest.World) {}, "Salve would fix Store.3"},
		"switched off": {func(_ *testing.T, w *enginetest.World) { w.Config = enginetest.Modes(gate.Off) }, "off here"},
		"stopped":      {func(t *testing.T, w *enginetest.World) { w.Stop(t, "", "ada", "incident", 0) }, "Salve is stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			b := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(b))
			p := w.Stoppable()
			w.Fail("GetBlock", enginetest.Throttled())
			p.Handled(t, w.Press(t, names.ActionPlan, id))
			w.Heal()
			tc.meanwhile(t, w)
			w.Clock.Move(enginetest.Later)
			p.Handled(t, enginetest.Sweep())
			w.Shows(t, id, finding.New, tc.want)
			if n := w.Puts(b); n != 0 {
				t.Errorf("%d writes", n)
			}
		})
	}
}

// TestPlanSaysWhatItMeans: what is destructive or one way is said, and pressing Remediate is no way to do it.
func TestPlanSaysWhatItMeans(t *testing.T) {
	for name, tc := range map[string]struct {
		declare func(i *control.Info)
		want    []string
	}{
		"destructive": {
			func(i *control.Info) { i.Impact = control.ImpactDestructive }, []string{"It is destructive.", "To do: salve apply"},
		},
		"interrupts": {
			func(i *control.Info) { i.Impact = control.ImpactInterrupts }, []string{"It interrupts", "press Remediate, or"},
		},
		"one way": {
			func(i *control.Info) { i.OneWay = map[string]string{"On": "it is burnt in"} },
			[]string{"cannot be undone", "one way: it is burnt in", "To do: salve apply"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			c := enginetest.Switched((&lazy{clock: w.Clock}).read, (&lazy{clock: w.Clock}).write)
			c.Info = enginetest.Declared(t, "Store.3")
			tc.declare(&c.Info)
			b := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(b))
			planned(t, w, enginetest.Instead(t, w.Start(), c), b, id)
			w.Shows(t, id, finding.New, tc.want...)
		})
	}
}

// TestPlanOfWhatIsOnHold: it is shown, and Remediate is not offered.
func TestPlanOfWhatIsOnHold(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	b, id, r := w.Repaired(t, p, nil)
	w.TakenBack(t, p, r)
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep()) // the digest of the fix
	planned(t, w, p, b, id)
	w.Shows(t, id, finding.New, "Remediate is refused until 2026-03-09 10:10 UTC: on hold.", "To do: salve apply")
}

// TestManyFindingsInOneClick: each of them is answered, whatever became of the others.
func TestManyFindingsInOneClick(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	w.Distrust(enginetest.Other)
	here, there := w.Store(t, nil), w.StoreOf(t, enginetest.Other, nil)
	elsewhere := enginetest.Spec(there)
	elsewhere.Account = enginetest.Other
	unknown := enginetest.Spec(here)
	unknown.Control = "Store.9"
	ids := []string{
		w.Report(t, enginetest.Spec(here)), w.Of(t, "Store.1", here), w.Report(t, elsewhere), w.Report(t, unknown),
	}
	planned(t, w, p, here, ids...)
	w.Shows(t, ids[0], finding.New, "Salve would fix Store.3")
	w.Shows(t, ids[1], finding.New, "Salve would fix Store.1")
	w.Shows(t, ids[2], finding.New, "Salve could not plan a fix of Store.3", "Deploy deploy/member.yaml")
	w.Shows(t, ids[3], finding.New, "no playbook for Store.9")
	for _, id := range ids {
		if n := plain.Length(w.Finding(t, id).Note.Text); n == 0 || n > 512 {
			t.Errorf("a note of %d characters", n)
		}
	}
}

// TestRemediateInModePlan: the person who clicked reads the plan as well.
func TestRemediateInModePlan(t *testing.T) {
	w := enginetest.New(t)
	w.Config = enginetest.Modes(gate.Plan)
	b := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(b))
	w.Start().Handled(t, w.Click(t, id))
	w.Shows(t, id, finding.New, "Salve would fix Store.3", "To do: salve apply Store.3")
	if w.Flags(b) != nil {
		t.Errorf("flags %+v", w.Flags(b))
	}
}
