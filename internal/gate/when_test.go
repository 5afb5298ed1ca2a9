package gate_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
)

// window is one in Berlin, where clocks go forward on 2026-03-29 at 02:00 and back on 2026-10-25 at 03:00.
func window(from, to string, days ...string) gate.Window {
	return gate.Window{Days: days, From: from, To: to, TZ: "Europe/Berlin"}
}

func anyDay() []string { return []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }

func daily(from, to string) gate.Window { return window(from, to, anyDay()...) }

func freeze(from, to string) gate.Freeze {
	return gate.Freeze{From: from, To: to, TZ: "Europe/Berlin", Reason: "year end"}
}

// at is a time in UTC: the day, hour and minute of a month of 2026.
func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}

type timingCase struct {
	windows []gate.Window
	freezes []gate.Freeze
	now     time.Time
	open    time.Time // when it acts; zero for now
	why     gate.Reason
}

func windowCases() map[string]timingCase {
	one := func(w ...gate.Window) []gate.Window { return w }
	const out = gate.OutsideWindow
	night := one(window("22:00", "05:00", "fri"))
	return map[string]timingCase{
		"none": {now: at(11, 21, 12, 0)},
		"in":   {windows: one(window("12:00", "14:00", "sat")), now: at(11, 21, 12, 0)},
		"before": {
			windows: one(window("14:00", "15:00", "sat")), now: at(11, 21, 12, 0), open: at(11, 21, 13, 0), why: out,
		},
		"its beginning is in": {windows: one(window("13:00", "14:00", "sat")), now: at(11, 21, 12, 0)},
		"its end is out": {
			windows: one(window("12:00", "13:00", "sat")), now: at(11, 21, 12, 0), open: at(11, 28, 11, 0), why: out,
		},
		"another day": {
			windows: one(window("12:00", "14:00", "sun")),
			now:     at(11, 21, 12, 0),
			open:    at(11, 22, 11, 0),
			why:     out,
		},
		"the second of two": {
			windows: one(window("01:00", "02:00", "sat"), window("12:00", "14:00", "sat")),
			now:     at(11, 21, 12, 0),
		},
		"the sooner of two": {
			windows: one(window("01:00", "02:00", "mon"), daily("20:00", "21:00")),
			now:     at(11, 21, 12, 0),
			open:    at(11, 21, 19, 0),
			why:     out,
		},
		"over midnight, before it":    {windows: night, now: at(11, 20, 21, 30)},
		"over midnight, after it":     {windows: night, now: at(11, 21, 3, 59)},
		"over midnight, its end":      {windows: night, now: at(11, 21, 4, 0), open: at(11, 27, 21, 0), why: out},
		"over midnight, the next day": {windows: night, now: at(11, 21, 21, 30), open: at(11, 27, 21, 0), why: out},
		"to the end of the day":       {windows: one(window("00:00", "24:00", "sat")), now: at(11, 21, 22, 59)},
		"past the end of the day": {
			windows: one(window("00:00", "24:00", "sat")), now: at(11, 21, 23, 0), open: at(11, 27, 23, 0), why: out,
		},
		"the zone decides the day": {
			windows: one(gate.Window{Days: []string{"sun"}, From: "00:00", To: "06:00", TZ: "Asia/Tokyo"}),
			now:     at(11, 21, 16, 0),
		},
		"no such zone": {
			windows: one(gate.Window{Days: anyDay(), From: "00:00", To: "24:00", TZ: "Moon"}),
			now:     at(11, 21, 12, 0), open: at(11, 21, 12, 15), why: out,
		},
	}
}

// clockCases are the days on which clocks change.
func clockCases() map[string]timingCase {
	one := func(w ...gate.Window) []gate.Window { return w }
	const out = gate.OutsideWindow
	gone, twice := one(daily("02:00", "03:00")), one(daily("02:00", "02:30"))
	return map[string]timingCase{
		"clocks leave it out":              {windows: gone, now: at(3, 29, 0, 30), open: at(3, 30, 0, 0), why: out},
		"clocks leave it out, right after": {windows: gone, now: at(3, 29, 1, 0), open: at(3, 30, 0, 0), why: out},
		"clocks leave its beginning out": {
			windows: one(daily("02:30", "04:00")),
			now:     at(3, 29, 0, 45),
			open:    at(3, 29, 1, 0),
			why:     out,
		},
		"clocks leave its end out": {windows: one(daily("01:00", "02:30")), now: at(3, 29, 0, 59)},
		"clocks leave its end out, after": {
			windows: one(daily("01:00", "02:30")),
			now:     at(3, 29, 1, 0),
			open:    at(3, 29, 23, 0),
			why:     out,
		},
		"shown twice, first":          {windows: twice, now: at(10, 25, 0, 15)},
		"shown twice, second":         {windows: twice, now: at(10, 25, 1, 15), open: at(10, 26, 1, 0), why: out},
		"its beginning shown twice":   {windows: one(daily("02:30", "04:00")), now: at(10, 25, 1, 10)},
		"its hour shown twice, last":  {windows: gone, now: at(10, 25, 1, 59)},
		"its hour shown twice, after": {windows: gone, now: at(10, 25, 2, 0), open: at(10, 26, 1, 0), why: out},
		"open through the change":     {windows: one(window("22:00", "06:00", "sat")), now: at(10, 25, 4, 30)},
		"closed after the change": {
			windows: one(window("22:00", "06:00", "sat")),
			now:     at(10, 25, 5, 0),
			open:    at(10, 31, 21, 0),
			why:     out,
		},
	}
}

func freezeCases() map[string]timingCase {
	one := func(f ...gate.Freeze) []gate.Freeze { return f }
	const cold = gate.Frozen
	return map[string]timingCase{
		"by days": {
			freezes: one(freeze("2026-12-20", "2026-12-24")),
			now:     at(12, 24, 12, 0),
			open:    at(12, 24, 23, 0),
			why:     cold,
		},
		"its first moment": {
			freezes: one(freeze("2026-12-20", "2026-12-24")),
			now:     at(12, 19, 23, 0),
			open:    at(12, 24, 23, 0),
			why:     cold,
		},
		"before it": {freezes: one(freeze("2026-12-20", "2026-12-24")), now: at(12, 19, 22, 59)},
		"after it":  {freezes: one(freeze("2026-12-20", "2026-12-24")), now: at(12, 24, 23, 0)},
		"by the minute": {
			freezes: one(freeze("2026-12-20 18:00", "2026-12-21 06:00")),
			now:     at(12, 20, 17, 0),
			open:    at(12, 21, 5, 0),
			why:     cold,
		},
		"by the minute, over": {freezes: one(freeze("2026-12-20 18:00", "2026-12-21 06:00")), now: at(12, 21, 5, 0)},
		"one after another": {
			freezes: one(freeze("2026-12-20", "2026-12-24"), freeze("2026-12-25", "2026-12-26")),
			now:     at(12, 21, 12, 0), open: at(12, 26, 23, 0), why: cold,
		},
		"ends outside of windows": {
			windows: []gate.Window{window("12:00", "14:00", "mon")},
			freezes: one(freeze("2026-12-20", "2026-12-24")), now: at(12, 21, 12, 0), open: at(12, 28, 11, 0), why: cold,
		},
		"the window is frozen": {
			windows: []gate.Window{window("12:00", "14:00", "mon")},
			freezes: one(freeze("2026-12-20", "2026-12-24")), now: at(12, 19, 12, 0), open: at(12, 28, 11, 0),
			why: gate.OutsideWindow,
		},
		"cannot be read": {
			freezes: one(freeze("soon", "later")),
			now:     at(12, 21, 12, 0),
			open:    at(12, 21, 12, 15),
			why:     cold,
		},
		"ends in some years": { // who waits asks again
			freezes: one(freeze("2026-01-01", "9998-12-31")), now: at(12, 21, 12, 0),
			open: at(12, 21, 12, 0).Add(gate.FurthestAhead), why: cold,
		},
		"ends when years have no four figures any more": {
			freezes: one(freeze("2026-01-01", "9999-12-31")), now: at(12, 21, 12, 0),
			open: at(12, 21, 12, 0).Add(gate.FurthestAhead), why: cold,
		},
	}
}

// times: what a decision says of its time.
func times() map[string]verdict {
	saturday := func(from, to string) func(*gate.Input) {
		return func(in *gate.Input) { in.Config.Windows = []gate.Window{window(from, to, "sat")} }
	}
	cold := func(in *gate.Input) { in.Config.Freezes = []gate.Freeze{freeze("2026-11-20", "2026-11-22")} }
	waits := func(reason gate.Reason, until time.Time, lasts time.Duration) gate.Decision {
		return gate.Decision{Verdict: gate.Defer, Reason: reason, Mode: gate.Manual, Until: until, Lasts: lasts}
	}
	year := waits(gate.Frozen, at(11, 22, 23, 0), 0)
	year.Detail = "year end"
	named := year
	named.Verdict = gate.Refuse
	return map[string]verdict{
		"in a window": {input(saturday("12:00", "14:00")), decided(gate.Act, gate.Allowed, gate.Manual)},
		"before one": {
			input(saturday("14:00", "16:30")), waits(gate.OutsideWindow, at(11, 21, 13, 0), 150*time.Minute),
		},
		"frozen":         {input(cold), year},
		"frozen for all": {input(cold, by(gate.Operator)), named},
	}
}

// TestWindowsAndFreezes: what would happen by itself, or for who clicked, waits for its time.
func TestWindowsAndFreezes(t *testing.T) {
	for group, cases := range map[string]map[string]timingCase{
		"window": windowCases(), "clocks": clockCases(), "freeze": freezeCases(),
	} {
		for name, tc := range cases {
			for _, trigger := range []gate.Trigger{gate.Imported, gate.Click, gate.Check} {
				t.Run(group+"/"+name+"/"+string(trigger), func(t *testing.T) {
					in := input(mode(gate.Auto), by(trigger))
					in.Config.Windows, in.Config.Freezes, in.Now = tc.windows, tc.freezes, tc.now
					d := gate.Decide(in)
					want := gate.Act
					if tc.why != "" {
						want = gate.Defer
					}
					if d.Verdict != want || !d.Until.Equal(tc.open) || want == gate.Defer && d.Reason != tc.why {
						t.Errorf("%s %s until %s, want %s %s until %s", d.Verdict, d.Reason, d.Until, want, tc.why, tc.open)
					}
				})
			}
		}
	}
}

// TestWhoIsBound: windows are for what happens by itself and for clicks, which carry no name; a freeze is for all. To
// look, to ask and to take back there is always time.
func TestWhoIsBound(t *testing.T) {
	closed := []gate.Window{window("01:00", "02:00", "sun")}
	cold := []gate.Freeze{freeze("2026-11-20", "2026-11-30")}
	tests := map[string]struct {
		in              gate.Input
		windows, freeze gate.Verdict
	}{
		"report":            {input(mode(gate.Auto), by(gate.Imported)), gate.Defer, gate.Defer},
		"click":             {input(), gate.Defer, gate.Defer},
		"a run that waited": {input(mode(gate.Auto), by(gate.Check)), gate.Defer, gate.Defer},
		"operator":          {input(by(gate.Operator)), gate.Act, gate.Refuse},
		"plan by click":     {input(pressed("SalvePlan")), gate.Preview, gate.Preview},
		"undo by click":     {input(pressed("SalveUndo")), gate.Act, gate.Act},
		"mode plan":         {input(mode(gate.Plan), by(gate.Imported)), gate.Preview, gate.Preview},
		"mode approve":      {input(mode(gate.Approve), by(gate.Imported)), gate.Ask, gate.Ask},
		"mode manual":       {input(by(gate.Imported)), gate.Ignore, gate.Ignore},
		"mode off":          {input(mode(gate.Off)), gate.Refuse, gate.Refuse},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			in := tc.in
			in.Config.Windows = closed
			if d := gate.Decide(in); d.Verdict != tc.windows {
				t.Errorf("outside of windows: %s %s, want %s", d.Verdict, d.Reason, tc.windows)
			}
			in.Config.Windows, in.Config.Freezes = nil, cold
			if d := gate.Decide(in); d.Verdict != tc.freeze {
				t.Errorf("in a freeze: %s %s, want %s", d.Verdict, d.Reason, tc.freeze)
			}
		})
	}
}

// TestWhatAWindowIsAbout: only what it is about waits for it, and what nobody can tell is not done.
func TestWhatAWindowIsAbout(t *testing.T) {
	about := func(a gate.About) gate.Input {
		in := input(mode(gate.Auto), by(gate.Imported), impact(control.ImpactInterrupts))
		in.Config.Freezes = []gate.Freeze{{From: "2026-11-20", To: "2026-11-30", TZ: "UTC", Reason: "x", About: a}}
		return in
	}
	tests := map[string]struct {
		about gate.About
		want  gate.Verdict
	}{
		"everything":           {gate.About{}, gate.Defer},
		"the control":          {gate.About{Controls: []string{"s3.8"}}, gate.Defer},
		"controls like it":     {gate.About{Controls: []string{"S3.*"}}, gate.Defer},
		"another control":      {gate.About{Controls: []string{"S3.80"}}, gate.Act},
		"its impact":           {gate.About{Impact: []string{"none", "interrupts"}}, gate.Defer},
		"another impact":       {gate.About{Impact: []string{"none"}}, gate.Act},
		"the account":          {gate.About{Where: []gate.Where{{Accounts: []string{account}}}}, gate.Defer},
		"another account":      {gate.About{Where: []gate.Where{{Accounts: []string{"1"}}}}, gate.Act},
		"nobody knows whether": {gate.About{Where: []gate.Where{{OUs: []string{"ou-x"}}}}, gate.Ignore},
		"control and account": {
			gate.About{Controls: []string{"S3.8"}, Where: []gate.Where{{Accounts: []string{"1"}}}}, gate.Act,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if d := gate.Decide(about(tc.about)); d.Verdict != tc.want {
				t.Errorf("%s %s, want %s", d.Verdict, d.Reason, tc.want)
			}
		})
	}
}
