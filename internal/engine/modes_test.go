package engine_test

import (
	"strings"
	"testing"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// TestImportedWithoutAuto: what nobody asked for and nobody automated leaves no
// trace, neither in the member nor in the hub.
func TestImportedWithoutAuto(t *testing.T) {
	tests := map[string]gate.Config{
		"no configuration":       {},
		"manual":                 modes(gate.Manual),
		"off":                    modes(gate.Off),
		"a later release's mode": modes("sometimes"),
		"auto in another account": {Version: 1, Controls: map[string]gate.Rule{
			"S3.8": {Mode: gate.Auto, Where: []gate.Where{{Accounts: []string{"999999999999"}}}},
		}},
		"auto for another control": {Version: 1, Controls: map[string]gate.Rule{"S3.2": {Mode: gate.Auto}}},
	}
	for name, config := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.config = config
			b := w.bucket(t, nil)
			id := w.report(t, w.spec(b))
			p := w.start(t)
			w.ClearCalls()
			p.handle(t, w.imported(t, id), sweep())
			w.silent(t)
			w.untouched(t, id)
			if w.flags(t, b) != nil || len(p.told()) > 0 {
				t.Errorf("flags %+v, notices %+v", w.flags(t, b), p.told())
			}
		})
	}
}

// TestClickWithoutConfiguration: a person's click is enough.
func TestClickWithoutConfiguration(t *testing.T) {
	for name, config := range map[string]gate.Config{"no configuration": {}, "manual": modes(gate.Manual)} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.config = config
			b := w.bucket(t, nil)
			id := w.report(t, w.spec(b))
			w.start(t).handle(t, w.click(t, id))
			r := w.ended(t, run.StatusVerified)
			if r.Trigger != run.TriggerClick || r.Actor != "unattributed" || !w.blocked(t, b) {
				t.Errorf("trigger %s by %s, flags %+v", r.Trigger, r.Actor, w.flags(t, b))
			}
			w.shows(t, id, hubtypes.WorkflowStatusResolved, "salve undo r")
		})
	}
}

// TestClickThatIsRefused: the person who clicked learns why nothing happens.
func TestClickThatIsRefused(t *testing.T) {
	w := newWorld(t)
	w.config = modes(gate.Off)
	b := w.bucket(t, nil)
	id := w.report(t, w.spec(b))
	w.ClearCalls()
	w.start(t).handle(t, w.click(t, id))
	w.shows(t, id, hubtypes.WorkflowStatusNotified, "S3.8", "off")
	if w.flags(t, b) != nil || len(w.items(t)) > 0 {
		t.Errorf("flags %+v, %d items in the ledger", w.flags(t, b), len(w.items(t)))
	}
}

// TestForeignClick: the action of another product is none of ours, whatever finding it names.
func TestForeignClick(t *testing.T) {
	w := newWorld(t)
	b := w.bucket(t, nil)
	id := w.report(t, w.spec(b))
	m := w.click(t, id)
	m.Body = strings.Replace(m.Body, "action/custom/SalveRemediate", "action/custom/Ticket", 1)
	p := w.start(t)
	w.ClearCalls()
	p.handle(t, m)
	w.silent(t)
	w.untouched(t, id)
}

// TestPlanOnly: the diff is recorded and told, and the resource is only read.
func TestPlanOnly(t *testing.T) {
	w := newWorld(t)
	w.config = modes(gate.Plan)
	before := block(true, false, true, false)
	b := w.bucket(t, before)
	id := w.report(t, w.spec(b))
	p := w.start(t)
	w.ClearCalls()
	p.handle(t, w.imported(t, id))
	r := w.ended(t, run.StatusPlanned)
	var paths []string
	for _, c := range r.Changes() {
		paths = append(paths, c.Path+" "+control.Text(c.From)+" "+control.Text(c.To))
	}
	want := "IgnorePublicAcls false true, RestrictPublicBuckets false true"
	if got := strings.Join(paths, ", "); got != want {
		t.Errorf("plan %q, want %q", got, want)
	}
	w.flagged(t, b, before)
	if n := w.puts(b); n != 0 {
		t.Errorf("%d writes to the bucket", n)
	}
	w.untouched(t, id)

	// People hear of it with the next digest.
	w.clock.move(later)
	p.handle(t, sweep())
	told := p.told()
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
			w := newWorld(t)
			w.config = modes(gate.Approve)
			b := w.bucket(t, nil)
			id := w.report(t, w.spec(b))
			m := w.imported(t, id)
			if trigger == "click" {
				m = w.click(t, id)
			}
			p := w.start(t)
			p.handle(t, m)
			r := w.ended(t, run.StatusAwaitingApproval)
			w.shows(t, id, hubtypes.WorkflowStatusNotified,
				"salve apply S3.8 arn:aws:s3:::"+b+" --account "+w.member+" --region "+w.Region()+" --yes")
			if told := p.told(); len(told) != 1 || told[0].Kind != notice.NeedsApprove || told[0].RunID != r.ID {
				t.Errorf("notices %+v, want one that asks for approval", told)
			}
			w.clock.move(later)
			p.handle(t, m, w.imported(t, id), sweep())
			if w.flags(t, b) != nil || w.puts(b) != 0 || len(w.runs(t)) != 1 {
				t.Errorf("flags %+v, %d writes, %d runs", w.flags(t, b), w.puts(b), len(w.runs(t)))
			}
		})
	}
}
