package engine_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// bookings are runbooks of somebody else, which close a store as soon as they are started, and how each goes on.
type bookings struct {
	*enginetest.World
	says    control.Progress
	started []string // the documents
}

func booked(w *enginetest.World) *bookings {
	return &bookings{World: w, says: control.Progress{Status: "Success", Over: true}}
}

// mapped configures a runbook for a control, with a mode.
func (b *bookings) mapped(id string, rule gate.Rule) {
	b.Config.Controls = maps.Clone(b.Config.Controls)
	b.Config.Controls[id] = rule
}

func (b *bookings) start(ctx context.Context, env control.Env, book control.Runbook) (control.Execution, error) {
	b.started = append(b.started, book.Document)
	return control.Execution{ID: "x-" + env.Run, Started: env.Now},
		enginetest.WriteBlock(ctx, env, enginetest.Block(true, true, true, true))
}

// known is a state of which nothing is read.
type known struct{ Runbook string }

// on lets a process carry out what the configuration maps.
func (b *bookings) on(t *testing.T, p *enginetest.Process) *enginetest.Process {
	t.Helper()
	p.Map = func(id string, m control.Mapping) (control.Control, error) {
		if m.Document == "" {
			return control.Control{}, fault.New(fault.Refused, "the runbook has no name")
		}
		by := control.Carrier{
			Start: b.start,
			Runbook: func(context.Context, control.Env) (control.Runbook, error) {
				return control.Runbook{Document: m.Document, Version: "7", Content: "c0ffee"}, nil
			},
			Progress: func(context.Context, control.Env, control.Execution) (control.Progress, error) { return b.says, nil },
		}
		info := enginetest.Declared(t, "Store.3")
		info.Settle = control.Settle{Typical: time.Minute, Within: time.Hour}
		info.Accepted = m.NoWayBack != ""
		if own, ok := enginetest.Registry(t).Get(id); ok {
			info.State = own.State
			return own.By(info, by), nil
		}
		info.ID, info.Blind = id, true
		info.OneWay = map[string]string{"Runbook": "nothing takes it back"}
		return control.Of[known]{
			Info: info,
			Read: func(context.Context, control.Env) (known, error) { return known{"has not run"}, nil },
			Want: func(known, control.Env) (known, error) { return known{"has run"}, nil },
			Runbook: func(ctx context.Context, env control.Env, _, _ known) (control.Runbook, error) {
				return by.Runbook(ctx, env)
			},
			Start: func(ctx context.Context, env control.Env, book control.Runbook, _, _ known) (control.Execution, error) {
				return b.start(ctx, env, book)
			},
			Progress: by.Progress,
		}.Control(), nil
	}
	return p
}

// unread is a finding of a control that nothing of Salve's reads.
func (b *bookings) unread(t *testing.T, p *enginetest.Process, rule gate.Rule) (id string) {
	t.Helper()
	b.mapped("Store.9", rule)
	spec := enginetest.Spec(b.Store(t, nil))
	spec.Control = "Store.9"
	id = b.Report(t, spec)
	p.Handled(t, b.Imported(t, id))
	return id
}

// carriedOn lets the time go by that the runbook takes.
func (b *bookings) carriedOn(t *testing.T, p *enginetest.Process) {
	t.Helper()
	for range 3 {
		b.Clock.Move(enginetest.Later)
		p.Handled(t, enginetest.Sweep())
	}
}

func automatic() gate.Rule {
	return gate.Rule{Mode: gate.Auto, Runbook: &control.Mapping{Document: "Acme-Close", NoWayBack: "accepted"}}
}

// TestMappedPlaybook: the runbook of the configuration takes the place of the write. What is read, what proves it and
// what takes it back stay the playbook's.
func TestMappedPlaybook(t *testing.T) {
	w, store, id, m := triggers()[0].scene(t)
	b := booked(w)
	b.mapped("Store.3", gate.Rule{Mode: gate.Auto, Runbook: &control.Mapping{Document: "Acme-Close"}})
	p := b.on(t, w.Start())
	p.Handled(t, m)
	b.carriedOn(t, p)
	r := w.Ended(t, run.StatusVerified)
	if len(b.started) != 1 || r.Plan.Runbook == nil || r.Plan.Runbook.Document != "Acme-Close" || r.Mapping == nil {
		t.Fatalf("started %v; run %+v", b.started, r)
	}
	w.Shows(t, id, finding.Resolved, "Undo: salve undo "+r.ID)
	b.mapped("Store.3", gate.Rule{Runbook: &control.Mapping{}}) // which cannot be used
	seen, err := p.Reread(t.Context(), work.Request{Control: "Store.3", Target: r.Target()})
	if err != nil || !seen.Empty() {
		t.Errorf("reread %+v, %v", seen, err)
	}
	b.mapped("Store.3", gate.Rule{}) // the way back does not hang on the configuration
	back, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil || back.Status != run.StatusUndone || back.Execution != nil || w.Blocked(store) || len(b.started) != 1 {
		t.Errorf("undo %+v, %v; started %v", back, err, b.started)
	}
}

// TestBlind: of a control that nothing of Salve's reads, the runbook's own proof resolves, and nothing else.
func TestBlind(t *testing.T) {
	for name, tc := range map[string]struct {
		says   control.Progress
		status run.Status
		shows  string
		part   string
		kind   notice.Kind
	}{
		"went well": {
			control.Progress{Status: "Success", Over: true},
			run.StatusUnverified, finding.Notified,
			"nothing but Security Hub's next check", notice.Unproven,
		},
		"proves it": {
			control.Progress{Status: "Success", Over: true, Proven: true},
			run.StatusVerified, finding.Resolved,
			"says by its output Prove.Closed that it is met; Salve cannot read that", notice.Fixed,
		},
		"fails": {
			control.Progress{Status: "Failed", Over: true, Failed: true, Step: "Close", Message: "no"},
			run.StatusFailed,
			finding.Notified, "at step Close: no. The resource may be changed in part", notice.Failed,
		},
		"never ends": {
			control.Progress{Status: "InProgress", Step: "Close"},
			run.StatusUnverified, finding.Notified,
			"What Salve started to fix Store.9 has not come to its end. Runbook Acme-Close", notice.Unverified,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			b := booked(w)
			b.says = tc.says
			p := b.on(t, w.Start())
			rule := automatic()
			rule.Runbook.Proof = &control.Proof{Output: "Prove.Closed", Equals: "true"}
			id := b.unread(t, p, rule)
			for range 4 {
				b.carriedOn(t, p)
			}
			r := w.Ended(t, tc.status)
			w.Shows(t, id, tc.shows, tc.part)
			if told := p.Told(); len(told) != 1 || told[0].Kind != tc.kind || told[0].Undo != "" {
				t.Errorf("told %+v", told)
			}
			if r.Undoable() || len(b.started) != 1 {
				t.Errorf("undoable %v, started %v", r.Undoable(), b.started)
			}
		})
	}
}

// TestBlindIsNotTakenBack: who wants to have it taken back reads why it is not, and not that nothing was changed.
func TestBlindIsNotTakenBack(t *testing.T) {
	w := enginetest.New(t)
	b := booked(w)
	p := b.on(t, w.Start())
	b.says = control.Progress{Status: "InProgress"}
	id := b.unread(t, p, automatic())
	r := w.Only(t)
	p.Handled(t, w.Press(t, names.ActionUndo, id))
	w.Shows(t, id, finding.Notified, "Salve did not take back its fix of Store.9: Run "+r.ID+" is at work")
	b.says = control.Progress{Status: "Success", Over: true}
	b.carriedOn(t, p)
	for _, rule := range []gate.Rule{automatic(), {}} {
		b.mapped("Store.9", rule)
		p.Handled(t, w.Press(t, names.ActionUndo, id))
		w.Shows(t, id, finding.Notified, "Salve did not take back its fix of Store.9: there is nothing to take back: the "+
			"last run is "+r.ID, "it is one way: nothing takes it back", "To do: salve show "+r.ID)
	}
}

// TestExceptionFromABlindRunbook: who clicks reads who answers for it, as of every control.
func TestExceptionFromABlindRunbook(t *testing.T) {
	w := enginetest.New(t)
	b := booked(w)
	w.Config.Exceptions = []gate.Exception{{
		Control: "store.9", Resource: "*", Reason: "static web site", Owner: "web", Ticket: "SEC-12",
	}}
	p := b.on(t, w.Start())
	id := b.unread(t, p, automatic())
	w.Untouched(t, id)
	p.Handled(t, w.Click(t, id))
	w.Shows(t, id, finding.Notified, "(owner web, ticket SEC-12): static web site")
	if len(b.started) > 0 {
		t.Errorf("started %v", b.started)
	}
}

// TestUnprovenStopsNothing: that nobody can read what runbooks do says nothing against them.
func TestUnprovenStopsNothing(t *testing.T) {
	w := enginetest.New(t)
	b := booked(w)
	p := b.on(t, w.Stoppable())
	for range 7 {
		b.unread(t, p, automatic())
		b.carriedOn(t, p)
	}
	stored, err := w.Ledger.Settings(t.Context())
	if err != nil || len(stored.Stops) > 0 || len(b.started) != 7 {
		t.Errorf("stops %+v, %v; %d started", stored.Stops, err, len(b.started))
	}
}

// TestNoWayBackAsks: what nothing takes back waits for a person in automatic mode too, unless the configuration says
// that it may happen.
func TestNoWayBackAsks(t *testing.T) {
	w := enginetest.New(t)
	b := booked(w)
	p := b.on(t, w.Start())
	b.unread(t, p, gate.Rule{Mode: gate.Auto, Runbook: &control.Mapping{Document: "Acme-Close"}})
	if w.Ended(t, run.StatusAwaitingApproval); len(b.started) > 0 {
		t.Errorf("started %v", b.started)
	}
}

// TestMappingChangesMeanwhile: what has begun ends by the runbook that was started; what only waits goes by the
// configuration that holds then.
func TestMappingChangesMeanwhile(t *testing.T) {
	t.Run("after the start", func(t *testing.T) {
		w := enginetest.New(t)
		b := booked(w)
		p := b.on(t, w.Start())
		id := b.unread(t, p, automatic())
		b.mapped("Store.9", gate.Rule{Mode: gate.Off})
		b.says.Proven = true
		b.carriedOn(t, p)
		w.Ended(t, run.StatusVerified)
		w.Says(t, id, finding.Resolved)
	})
	t.Run("before it", func(t *testing.T) {
		w, store, _, m := triggers()[0].scene(t)
		b := booked(w)
		b.mapped("Store.3", gate.Rule{Mode: gate.Auto, Runbook: &control.Mapping{Document: "Acme-Close"}})
		p := b.on(t, w.Start())
		w.Fail("GetBlock", enginetest.Throttled())
		p.Handled(t, m)
		w.Heal()
		b.mapped("Store.3", gate.Rule{Mode: gate.Auto})
		b.carriedOn(t, p)
		if r := w.Ended(t, run.StatusVerified); r.Mapping != nil || len(b.started) > 0 || !w.Blocked(store) {
			t.Errorf("run %+v, started %v", r, b.started)
		}
	})
}

// TestMappingChangesBeforeItIsTold: a run that had nothing to do, and could not say so, is no run that has begun. What
// it finds to do afterwards goes by the configuration that holds then.
func TestMappingChangesBeforeItIsTold(t *testing.T) {
	w, store, _, m := triggers()[0].scene(t)
	b := booked(w)
	b.mapped("Store.3", gate.Rule{Mode: gate.Auto, Runbook: &control.Mapping{Document: "Acme-Close"}})
	p := b.on(t, w.Start())
	w.SetFlags(t, store, enginetest.Block(true, true, true, true))
	w.Fail("BatchUpdateFindings", enginetest.Down())
	p.Handled(t, m)
	if r := w.Only(t); r.State != run.StateRecorded || r.Status != run.StatusCompliant {
		t.Fatalf("run is %s %s", r.State, r.Status)
	}
	w.Heal()
	w.SetFlags(t, store, nil)
	b.mapped("Store.3", gate.Rule{Mode: gate.Auto})
	b.carriedOn(t, p)
	if r := w.Ended(t, run.StatusVerified); r.Mapping != nil || len(b.started) > 0 || !w.Blocked(store) {
		t.Errorf("run %+v, started %v", r, b.started)
	}
}

// TestMappingThatDoesNotFit: nothing else stands in for it, and who clicked reads why.
func TestMappingThatDoesNotFit(t *testing.T) {
	w, store, id, _ := triggers()[0].scene(t)
	b := booked(w)
	b.mapped("Store.3", gate.Rule{Mode: gate.Auto, Runbook: &control.Mapping{}})
	p := b.on(t, w.Start())
	p.Handled(t, w.Imported(t, id))
	w.Untouched(t, id)
	p.Handled(t, w.Click(t, id))
	w.Shows(t, id, finding.Notified, "The runbook has no name")
	if _, err := p.Apply(t.Context(), enginetest.Wish(store)); fault.Of(err) != fault.Refused {
		t.Errorf("an operator: %v", err)
	}
	if w.Blocked(store) || len(w.Runs()) > 0 {
		t.Errorf("runs %+v", w.Runs())
	}
}

// TestConfigurationUnreadWhileMapped: without the configuration nobody knows which playbook holds, and nothing happens.
func TestConfigurationUnreadWhileMapped(t *testing.T) {
	w, store, _, m := triggers()[0].scene(t)
	b := booked(w)
	p := b.on(t, w.Start())
	p.Configured = func(context.Context) (gate.Config, error) { return gate.Config{}, errors.New("no answer") }
	if failed := p.Handle(t.Context(), m); len(failed) != 1 || w.Blocked(store) {
		t.Errorf("failed %v, blocked %v", failed, w.Blocked(store))
	}
}
