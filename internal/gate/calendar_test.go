package gate_test

import (
	"slices"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
)

type sky = map[string]gate.CalendarState

// dated has calendars be about everything, in these states; those that are nil nobody has looked at.
func dated(is sky, named ...string) func(*gate.Input) {
	return func(in *gate.Input) {
		for _, name := range named {
			in.Config.Calendars = append(in.Config.Calendars, gate.Calendar{Name: name})
		}
		in.Snapshots.Calendars = is
	}
}

// calendars: all that are about a change must be open; what nobody can say is no.
func calendars() map[string]verdict {
	open, closed := gate.CalendarState{Open: true, Next: at(11, 21, 18, 0)}, gate.CalendarState{Next: at(11, 21, 18, 0)}
	later := gate.CalendarState{Next: at(11, 22, 6, 0)}
	both := func(a, b gate.CalendarState) func(*gate.Input) {
		return dated(sky{"a": a, "b": b}, "a", "b")
	}
	acted := decided(gate.Act, gate.Allowed, gate.Manual)
	waits := func(until time.Time, name string) gate.Decision {
		return gate.Decision{
			Verdict: gate.Defer, Reason: gate.CalendarClosed, Mode: gate.Manual, Until: until, Detail: name,
		}
	}
	unread := decided(gate.Refuse, gate.UnknownCalendar, gate.Manual)
	denied := because(unread, time.Time{}, "a: denied")
	elsewhere := func(in *gate.Input) { in.Config.Calendars[0].Controls = []string{"EC2.*"} }
	restarts := func(in *gate.Input) { in.Config.Calendars[0].Impact = []string{"interrupts"} }
	// From 19:00 to 21:00 on Saturdays, in Berlin: 18:00 to 20:00 in UTC.
	window := func(from, to string) func(*gate.Input) {
		return func(in *gate.Input) { in.Config.Windows = []gate.Window{window(from, to, "sat")} }
	}
	never := dated(sky{"a": {}}, "a")
	evening := waits(at(11, 21, 19, 0), "a")
	evening.Lasts = time.Hour
	cold := func(in *gate.Input) { in.Config.Freezes = []gate.Freeze{freeze("2026-11-20", "2026-11-22")} }
	fair := because(gate.Decision{Verdict: gate.Defer, Reason: gate.Frozen, Mode: gate.Manual}, at(11, 22, 23, 0),
		"year end")
	return map[string]verdict{
		"open":                         {input(dated(sky{"a": open}, "a")), acted},
		"both open":                    {input(both(open, open)), acted},
		"closed":                       {input(dated(sky{"a": closed}, "a")), waits(closed.Next, "a")},
		"one of both closed":           {input(both(open, later)), waits(later.Next, "b")},
		"both closed":                  {input(both(closed, later)), waits(later.Next, "a")},
		"closed, nobody says how long": {input(never), waits(now().Add(15*time.Minute), "a")},
		"should be open by now":        {input(dated(sky{"a": {Next: now()}}, "a")), waits(now().Add(15*time.Minute), "a")},
		"not asked":                    {input(dated(nil, "a")), unread},
		"denied":                       {input(dated(sky{"a": {Why: "denied"}}, "a")), denied},
		"closed, other denied":         {input(dated(sky{"b": closed, "a": {Why: "denied"}}, "b", "a")), denied},
		"of other controls":            {input(dated(nil, "a"), elsewhere), acted},
		"of another impact":            {input(dated(nil, "a"), restarts, impact(control.ImpactNone)), acted},
		"a person":                     {input(dated(sky{"a": closed}, "a"), by(gate.Operator)), silentAct()},
		"the window comes after it": {
			input(dated(sky{"a": closed}, "a"), window("13:00", "14:00"), func(in *gate.Input) {
				in.Config.Windows = append(in.Config.Windows, gate.Window{
					Days: []string{"sat"}, From: "19:00", To: "20:00", TZ: "UTC",
				})
			}), evening,
		},
		"frozen as well": {input(dated(nil, "a"), cold), fair},
	}
}

// silentAct is what a person may do.
func silentAct() gate.Decision {
	return gate.Decision{Verdict: gate.Act, Reason: gate.Allowed, Mode: gate.Manual}
}

// TestCalendarsAreNamedOnce: of those that are about a change, whatever they are listed for.
func TestCalendarsAreNamedOnce(t *testing.T) {
	in := input(dated(nil, "a", "b", "a"))
	in.Config.Calendars = append(in.Config.Calendars,
		gate.Calendar{Name: "a", About: gate.About{Controls: []string{"S3.*"}}},
		gate.Calendar{Name: "c", About: gate.About{Controls: []string{"EC2.*"}}})
	if got := in.Calendars(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%v", got)
	}
}

// TestCalendarsWiden: one that is taken out, or is about less, lets more happen.
func TestCalendarsWiden(t *testing.T) {
	with := func(list ...gate.Calendar) gate.Config {
		return gate.Config{Version: 1, Controls: map[string]gate.Rule{"S3.8": {Mode: gate.Auto}}, Calendars: list}
	}
	a, b := gate.Calendar{Name: "a"}, gate.Calendar{Name: "a", About: gate.About{Controls: []string{"S3.*"}}}
	for name, tc := range map[string]struct {
		from, to gate.Config
		want     bool
	}{
		"one more": {with(), with(a), false}, "gone": {with(a), with(), true}, "about less": {with(a), with(b), true},
	} {
		list, err := gate.Diff(tc.from, tc.to)
		if err != nil || len(list) != 1 || list[0].Wider != tc.want {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
	}
}
