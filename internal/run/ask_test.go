package run_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

func TestRaise(t *testing.T) {
	imported := run.Ask{Trigger: run.TriggerImported, Actor: "Security Hub", Mode: "ask"}
	click := run.Ask{Trigger: run.TriggerClick, Actor: "unattributed", Mode: "plan"}
	raised := run.Ask{Trigger: run.TriggerClick, Actor: "unattributed", Mode: "ask"}
	acts := run.Ask{Trigger: run.TriggerClick, Actor: "bob", Mode: "act"}
	operator := run.Ask{Trigger: run.TriggerOperator, Actor: "alice", Mode: "act"}
	tests := map[string]struct {
		run  run.Ask
		asks []run.Ask
		want run.Ask
	}{
		"nobody":                       {imported, nil, imported},
		"a click":                      {imported, []run.Ask{click}, raised},
		"a click that may act":         {imported, []run.Ask{acts}, acts},
		"an import joins a click":      {click, []run.Ask{imported}, raised},
		"a click joins an operator":    {operator, []run.Ask{click}, operator},
		"a second click is no reason":  {click, []run.Ask{{Trigger: "click", Actor: "bob", Mode: "plan"}}, click},
		"the order does not matter":    {imported, []run.Ask{operator, click}, operator},
		"nor the other way round":      {imported, []run.Ask{click, operator}, operator},
		"what is not known is weakest": {imported, []run.Ask{{Trigger: "wind", Actor: "x", Mode: "turbo"}}, imported},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := run.Run{Trigger: tc.run.Trigger, Actor: tc.run.Actor, Mode: tc.run.Mode}
			r.Raise(tc.asks)
			if d := cmp.Diff(tc.want, run.Ask{Trigger: r.Trigger, Actor: r.Actor, Mode: r.Mode}); d != "" {
				t.Error(d)
			}
		})
	}
}
