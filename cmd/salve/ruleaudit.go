package main

import (
	"fmt"
	"reflect"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
)

// ruleSwitched writes the audit line of a rule that a person stored: what it was
// and what it is. The key is that of the rule, or "default".
func (a *app) ruleSwitched(h hub, key string, version int64, was, is gate.Rule) {
	a.audit(h)(a.ctx, audit.Line{
		Time: a.now(), Event: audit.Switched, Control: key, Trigger: "operator", Actor: h.actor,
		Reason: fmt.Sprintf("configuration version %d", version), Changes: ruleChanges(was, is),
	})
}

// ruleChanges is what of a rule is no longer as it was.
func ruleChanges(was, is gate.Rule) []control.Change {
	var out []control.Change
	for _, c := range []control.Change{
		{Path: "mode", From: orNone(was.Mode), To: orNone(is.Mode)},
		{Path: "where", From: orNone(was.Where), To: orNone(is.Where)},
		{Path: "off_in", From: orNone(was.OffIn), To: orNone(is.OffIn)},
		{Path: "parameters", From: orNone(was.Parameters), To: orNone(is.Parameters)},
	} {
		if !reflect.DeepEqual(c.From, c.To) {
			out = append(out, c)
		}
	}
	return out
}

// orNone is a value, or nil for one that says nothing.
func orNone(v any) any {
	if r := reflect.ValueOf(v); r.Len() == 0 {
		return nil
	}
	return v
}
