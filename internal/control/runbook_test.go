package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
)

// automation is a service that carries out changes later, once for each run.
type automation struct {
	*store
	book    control.Runbook
	started map[string]int // by run
	err     error
}

func automated() *automation {
	return &automation{store: &store{now: open()}, started: map[string]int{}, book: control.Runbook{
		Document: "Salve-Lock", Version: "3", Content: "c0ffee", Parameters: map[string][]string{"Days": {"7"}},
	}}
}

func (a *automation) of() control.Of[stock] {
	return control.Of[stock]{
		Info: a.declaration(), Read: a.read, Want: a.want,
		Runbook: func(context.Context, control.Env, stock, stock) (control.Runbook, error) { return a.book, a.err },
		Start: func(_ context.Context, env control.Env, book control.Runbook, _, to stock) (control.Execution, error) {
			if book.Content != a.book.Content {
				return control.Execution{}, errors.New("the document was changed")
			}
			a.started[env.Run]++
			a.now = to
			return control.Execution{ID: "e-" + env.Run, Started: env.Now}, nil
		},
	}
}

func (a *automation) declaration() control.Info {
	info := a.control().Info
	info.Settle = control.Settle{Typical: time.Minute, Within: time.Hour}
	return info
}

func running() control.Env {
	e := env()
	e.Run, e.Now = "r1", time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	return e
}

func TestStart(t *testing.T) {
	a := automated()
	c := a.of().Control()
	if err := ok[control.Registry](t)(control.NewRegistry(nil, c)); len(err.All()) != 1 || !c.Starts() {
		t.Fatal("the registry does not know it, or it does not start")
	}
	p := ok[control.Plan](t)(c.Plan(t.Context(), running()))
	if !strings.HasSuffix(p.String(), "\n  by runbook Salve-Lock version 3: Days=7\n") {
		t.Errorf("the plan does not say what it starts:\n%s", p)
	}
	if err := c.Apply(t.Context(), running(), p); !errors.Is(err, control.ErrStarts) || a.writes > 0 {
		t.Errorf("applied: %v, %d writes", err, a.writes)
	}
	got := ok[control.Execution](t)(c.Start(t.Context(), running(), p))
	if d := cmp.Diff(control.Execution{ID: "e-r1", Started: running().Now}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if seen := ok[control.Seen](t)(c.Verify(t.Context(), running(), p)); len(seen.Left) > 0 {
		t.Errorf("left: %v", seen.Left)
	}
	undo := ok[control.Plan](t)(c.PlanUndo(t.Context(), running(), p.Changes))
	if undo.Runbook == nil || undo.Hash == p.Hash {
		t.Errorf("an undo is started too: %+v", undo)
	}
	if nothing := ok[control.Plan](t)(c.Plan(t.Context(), running())); nothing.Runbook != nil {
		t.Errorf("a plan without changes starts %s", nothing.Runbook)
	}
}

// TestTheHashCoversTheRunbook: whoever approved a plan approved what it starts.
func TestTheHashCoversTheRunbook(t *testing.T) {
	plan := func(change func(*control.Runbook)) control.Plan {
		a := automated()
		change(&a.book)
		return ok[control.Plan](t)(a.of().Control().Plan(t.Context(), running()))
	}
	approved := plan(func(*control.Runbook) {})
	for name, change := range map[string]func(*control.Runbook){
		"document":         func(b *control.Runbook) { b.Document = "Salve-Lock2" },
		"version":          func(b *control.Runbook) { b.Version = "4" },
		"content":          func(b *control.Runbook) { b.Content = "bad" },
		"parameter":        func(b *control.Runbook) { b.Parameters["Days"] = []string{"8"} },
		"parameter more":   func(b *control.Runbook) { b.Parameters["Tags"] = []string{"x"} },
		"values of a list": func(b *control.Runbook) { b.Parameters["Days"] = []string{"7", "7"} },
	} {
		if plan(change).Hash == approved.Hash {
			t.Errorf("another %s has the hash that was approved", name)
		}
	}
	if plan(func(*control.Runbook) {}).Hash != approved.Hash {
		t.Error("the same plan has two hashes")
	}
	written := &store{now: open()}
	if ok[control.Plan](t)(written.control().Plan(t.Context(), running())).Hash == approved.Hash {
		t.Error("a plan that writes has the hash of one that starts")
	}
}

// TestRunbookInStorage: what a run keeps of its plan still says what was started.
func TestRunbookInStorage(t *testing.T) {
	c := automated().of().Control()
	p := ok[control.Plan](t)(c.Plan(t.Context(), running()))
	var kept control.Plan
	done(t, json.Unmarshal(ok[[]byte](t)(json.Marshal(p)), &kept))
	if d := cmp.Diff(p.Runbook, kept.Runbook); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if _, err := c.Start(t.Context(), running(), kept); !errors.Is(err, control.ErrStale) {
		t.Errorf("a plan from storage was started: %v", err)
	}
	again := ok[control.Plan](t)(c.Continue(t.Context(), running(), kept))
	if again.Hash != p.Hash || again.Runbook == nil {
		t.Errorf("a plan that is continued starts something else: %+v", again)
	}
	got := ok[control.Execution](t)(c.Start(t.Context(), running(), again))
	if got.ID != "e-r1" {
		t.Errorf("started %+v", got)
	}
}

func TestStartRefuses(t *testing.T) {
	a := automated()
	c := a.of().Control()
	p := ok[control.Plan](t)(c.Plan(t.Context(), running()))
	if _, err := c.Start(t.Context(), env(), p); err == nil {
		t.Error("something was started for no run")
	}
	a.book.Content = "another"
	if _, err := c.Start(t.Context(), running(), p); err == nil || len(a.started) > 0 {
		t.Errorf("another document than the plan's was started: %v", err)
	}
	if _, err := (&store{now: open()}).control().Start(t.Context(), running(), p); err == nil {
		t.Error("what writes was started")
	}
	for name, book := range map[string]control.Runbook{
		"no document": {Version: "1", Content: "x"}, "no content": {Document: "d", Version: "1"},
		"no version": {Document: "d", Content: "x"}, "a moving version": {Document: "d", Version: "$LATEST", Content: "x"},
	} {
		a.book = book
		if _, err := c.Plan(t.Context(), running()); err == nil {
			t.Errorf("%s is planned", name)
		}
	}
	a.err = errors.New("no such document")
	if _, err := c.Plan(t.Context(), running()); !errors.Is(err, a.err) {
		t.Errorf("plan: %v", err)
	}
}

// TestMechanismsAreWhole: a control writes or starts, and says all that takes.
func TestMechanismsAreWhole(t *testing.T) {
	for name, change := range map[string]func(*control.Of[stock]){
		"neither":      func(o *control.Of[stock]) { o.Start, o.Runbook = nil, nil },
		"both":         func(o *control.Of[stock]) { o.Write = automated().write },
		"no runbook":   func(o *control.Of[stock]) { o.Runbook = nil },
		"no start":     func(o *control.Of[stock]) { o.Start, o.Write = nil, automated().write },
		"no end":       func(o *control.Of[stock]) { o.Settle.Within = 0 },
		"without read": func(o *control.Of[stock]) { o.Read = nil },
		"without want": func(o *control.Of[stock]) { o.Want = nil },
		"removes by writing": func(o *control.Of[stock]) {
			o.Removes, o.Start, o.Runbook, o.Write = true, nil, nil, automated().write
		},
	} {
		o := automated().of()
		change(&o)
		if _, err := control.NewRegistry(nil, o.Control()); err == nil {
			t.Errorf("%s: taken into a registry", name)
		}
	}
}
