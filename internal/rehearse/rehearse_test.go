package rehearse_test

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/rehearse"
	"github.com/salve-security/salve/internal/run"
)

// stage is that of a world's controls and clock.
func stage(t *testing.T, w *enginetest.World) rehearse.Stage {
	t.Helper()
	return rehearse.Stage{
		Controls: enginetest.Registry(t), Standards: enginetest.Standards{}, At: w.Clock.Now(),
		Map: func(string, control.Mapping) (control.Control, error) {
			return control.Control{}, fault.New(fault.Refused, "no runbooks here")
		},
	}
}

// rows are what a rehearsal says of a text.
func rows(t *testing.T, r *rehearse.Rehearsal, text string) []rehearse.Row {
	t.Helper()
	var out []rehearse.Row
	err := rehearse.Read(strings.NewReader(text), "recorded.json", func(e rehearse.Entry) error {
		return r.Each(t.Context(), e, func(row rehearse.Row) error {
			out = append(out, row)
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// meeting is a finding that meets a configuration, what a rehearsal is to say of that, and how the run ends that an
// engine makes of it; empty for none.
type meeting struct {
	config  gate.Config
	verdict rehearse.Verdict
	reason  gate.Reason
	status  run.Status

	marked  string // workflow status of the finding
	control string // Store.3 where empty
	press   string
	units   []string
	tags    map[string]string
}

// excepting is automation with an exception until a day.
func excepting(control string, day int) gate.Config {
	c := enginetest.Modes(gate.Auto)
	c.Exceptions = []gate.Exception{{
		Control: control, Resource: "arn:aws:store:::*", Reason: "web site", Owner: "ann",
		Expires: gate.Date{Day: time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC)},
	}}
	return c
}

// byMode are meetings that modes and findings decide.
func byMode() map[string]meeting {
	mode := enginetest.Modes
	auto := mode(gate.Auto)
	remediate, plan := names.ActionRemediate, names.ActionPlan
	return map[string]meeting{
		"auto":             {auto, rehearse.Act, gate.Allowed, run.StatusVerified, "", "", "", nil, nil},
		"plan":             {mode(gate.Plan), rehearse.Plan, gate.PlanOnly, run.StatusPlanned, "", "", "", nil, nil},
		"approve":          {mode(gate.Approve), rehearse.Ask, gate.NeedsApproval, awaiting, "", "", "", nil, nil},
		"manual":           {mode(gate.Manual), rehearse.Ignore, gate.NotAutomatic, "", "", "", "", nil, nil},
		"off":              {mode(gate.Off), rehearse.Refuse, gate.TurnedOff, "", "", "", "", nil, nil},
		"unknown mode":     {mode("turbo"), rehearse.Refuse, gate.UnknownMode, "", "", "", "", nil, nil},
		"no rule":          {gate.Config{}, rehearse.Ignore, gate.NotAutomatic, "", "", "", "", nil, nil},
		"notified":         {auto, rehearse.Ignore, gate.NotNew, "", finding.Notified, "", "", nil, nil},
		"suppressed":       {auto, rehearse.Ignore, gate.IsSuppressed, "", finding.Suppressed, "", "", nil, nil},
		"no playbook":      {auto, rehearse.Ignore, gate.NoPlaybook, "", "", "Store.9", "", nil, nil},
		"excepted":         {excepting("Store.1", 2), rehearse.Refuse, gate.Excepted, "", "", "", "", nil, nil},
		"no more excepted": {excepting("Store.3", 1), rehearse.Act, gate.Allowed, run.StatusVerified, "", "", "", nil, nil},
		"clicked, manual":  {mode(gate.Manual), rehearse.Act, gate.Allowed, run.StatusVerified, "", "", remediate, nil, nil},
		"clicked, off":     {mode(gate.Off), rehearse.Refuse, gate.TurnedOff, "", "", "", remediate, nil, nil},
		"plan, manual":     {mode(gate.Manual), rehearse.Plan, gate.Allowed, run.StatusPlanned, "", "", plan, nil, nil},
	}
}

const awaiting = run.StatusAwaitingApproval

// byPlace are meetings that surroundings decide.
func byPlace() map[string]meeting {
	prod, root := "ou-ab12-prod1234", "r-ab12"
	here := enginetest.Where(gate.Where{Accounts: []string{enginetest.Member}})
	there := enginetest.Where(gate.Where{Accounts: []string{enginetest.Other}})
	units := enginetest.Where(gate.Where{OUs: []string{prod}})
	tagged := enginetest.Where(gate.Where{Tags: map[string][]string{"env": {"dev"}}})
	tag := func(value string) map[string]string { return map[string]string{"env": value} }
	acts := func(c gate.Config, units []string, tags map[string]string) meeting {
		return meeting{c, rehearse.Act, gate.Allowed, run.StatusVerified, "", "", "", units, tags}
	}
	not := func(c gate.Config, v rehearse.Verdict, why gate.Reason, units []string, tags map[string]string) meeting {
		return meeting{c, v, why, "", "", "", "", units, tags}
	}
	return map[string]meeting{
		"here":             acts(here, nil, nil),
		"elsewhere":        not(there, rehearse.Ignore, gate.NotAutomatic, nil, nil),
		"units not told":   not(units, rehearse.Refuse, gate.UnknownOUs, nil, nil),
		"in the unit":      acts(units, []string{prod, root}, nil),
		"in another unit":  not(units, rehearse.Ignore, gate.NotAutomatic, []string{root}, nil),
		"in no unit":       not(units, rehearse.Ignore, gate.NotAutomatic, []string{}, nil),
		"tagged":           acts(tagged, nil, tag("dev")),
		"tagged otherwise": not(tagged, rehearse.Ignore, gate.NotAutomatic, nil, tag("prod")),
		"without the tag":  not(tagged, rehearse.Refuse, gate.MissingTag, nil, map[string]string{}),
	}
}

// TestAsTheEngineDoes: what a rehearsal says of an event is what an engine does with it under that configuration.
func TestAsTheEngineDoes(t *testing.T) {
	all := byMode()
	maps.Copy(all, byPlace())
	for name, m := range all {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			w.Config = m.config
			if m.units != nil {
				w.In(t, slices.DeleteFunc(slices.Clone(m.units), func(id string) bool { return id == enginetest.Root })...)
			}
			store := w.Store(t, nil)
			w.Tag(store, m.tags)
			spec := enginetest.Spec(store)
			spec.Control = cmp.Or(m.control, spec.Control)
			id := w.Report(t, spec)
			if m.marked != "" {
				w.Mark(t, id, m.marked)
			}
			message := w.Imported(t, id)
			if m.press != "" {
				message = w.Press(t, m.press, id)
			}
			s := stage(t, w)
			s.Around = told(store, m.units, m.tags)
			got := rows(t, rehearse.New(s, m.config, nil), message.Body)
			if len(got) != 1 || got[0].Verdict != m.verdict || got[0].Reason != string(m.reason) || got[0].Because == "" {
				t.Fatalf("rehearsed %+v, want %s for %s", got, m.verdict, m.reason)
			}
			acted(t, w, message, m.status)
		})
	}
}

// told are surroundings that name what is not nil.
func told(store string, units []string, tags map[string]string) rehearse.Surroundings {
	s := rehearse.Surroundings{OUs: map[string][]string{}, ResourceTags: map[string]map[string]string{}}
	if units != nil {
		s.OUs[enginetest.Member] = units
	}
	if tags != nil {
		s.ResourceTags[store] = tags
	}
	return s
}

// acted gives an engine the message and wants one run that ended so, or none.
func acted(t *testing.T, w *enginetest.World, message engine.Message, status run.Status) {
	t.Helper()
	w.Start().Handled(t, message)
	all := w.Runs()
	switch {
	case status == "" && len(all) > 0:
		t.Errorf("the engine made run %s, %s", all[0].ID, all[0].Status)
	case status != "" && (len(all) != 1 || all[0].Status != status):
		t.Errorf("the engine made %d runs, want one that is %s: %+v", len(all), status, all)
	}
}

// TestBeside: what differs from the present configuration, and what lets Salve do more.
func TestBeside(t *testing.T) {
	w := enginetest.New(t)
	for i, tc := range []struct {
		now, then      gate.Mode
		differs, wider bool
	}{
		{gate.Auto, gate.Auto, false, false},
		{gate.Manual, gate.Auto, true, true},
		{gate.Auto, gate.Manual, true, false},
		{gate.Plan, gate.Approve, true, true},
		{gate.Manual, gate.Off, true, false},
	} {
		now := enginetest.Modes(tc.now)
		r := rehearse.New(stage(t, w), enginetest.Modes(tc.then), &now)
		got := rows(t, r, w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))).Body)
		if len(got) != 1 || got[0].Differs != tc.differs || got[0].Wider() != tc.wider || got[0].Was == "" {
			t.Errorf("%d: %s after %s: %+v", i, tc.then, tc.now, got)
		}
	}
}

// TestForged: what the engine would not believe is refused, with the reason; a finding alone is taken as one that is
// reported now.
func TestForged(t *testing.T) {
	w := enginetest.New(t)
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	var raw map[string]any
	if err := json.Unmarshal(w.Raw(t, id), &raw); err != nil {
		t.Fatal(err)
	}
	text := func(change func(map[string]any)) string {
		change(raw)
		out, err := json.Marshal(raw)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	r := rehearse.New(stage(t, w), enginetest.Modes(gate.Auto), nil)
	if got := rows(t, r, text(func(map[string]any) {})); got[0].Verdict != rehearse.Act {
		t.Errorf("a finding alone: %+v", got)
	}
	for want, change := range map[string]func(map[string]any){
		"forged_account":  func(f map[string]any) { f["AwsAccountId"] = enginetest.Other },
		"foreign_product": func(f map[string]any) { f["ProductArn"] = "arn:aws:securityhub:us-east-1::product/a/b" },
		"unknown_schema":  func(f map[string]any) { f["SchemaVersion"] = "2030-01-01" },
	} {
		if err := json.Unmarshal(w.Raw(t, id), &raw); err != nil {
			t.Fatal(err)
		}
		got := rows(t, r, text(change))
		if len(got) != 1 || got[0].Verdict != rehearse.Refuse || got[0].Reason != want {
			t.Errorf("%s: %+v", want, got)
		}
	}
	foreign := stage(t, w)
	foreign.Hub = enginetest.Other
	got := rows(t, rehearse.New(foreign, enginetest.Modes(gate.Auto), nil), w.Imported(t, id).Body)
	if len(got) != 1 || got[0].Verdict != rehearse.Refuse || got[0].Reason != "foreign_hub" {
		t.Errorf("of another hub: %+v", got)
	}
}

// TestInterrupts: acting that interrupts somebody has a word of its own.
func TestInterrupts(t *testing.T) {
	w := enginetest.New(t)
	c, ok := enginetest.Registry(t).Get("Store.3")
	if !ok {
		t.Fatal("no Store.3")
	}
	for impact, want := range map[control.Impact]rehearse.Verdict{
		control.ImpactNone: rehearse.Act, control.ImpactInterrupts: rehearse.Interrupt,
		control.ImpactDestructive: rehearse.Ask,
	} {
		s := stage(t, w)
		c.Impact = impact
		s.Controls = enginetest.RegistryOf(t, c)
		got := rows(t, rehearse.New(s, enginetest.Modes(gate.Auto), nil),
			w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))).Body)
		if len(got) != 1 || got[0].Verdict != want {
			t.Errorf("%s: %+v", impact, got)
		}
	}
}

// TestCancelled: a rehearsal ends where the caller wants it to.
func TestCancelled(t *testing.T) {
	w := enginetest.New(t)
	body := w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))).Body
	r := rehearse.New(stage(t, w), gate.Config{}, nil)
	err := rehearse.Read(strings.NewReader(body), "x", func(e rehearse.Entry) error {
		return r.Each(t.Context(), e, func(rehearse.Row) error { return context.Canceled })
	})
	if err == nil {
		t.Error("it went on")
	}
}
