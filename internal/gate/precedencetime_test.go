package gate_test

import (
	"time"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
)

func byTime() []precedent {
	return []precedent{
		{
			"button",
			gate.NeedsName,
			"*Salve: undo* of what waits for a person",
			gate.Ask,
			gate.Refuse,
			"`salve undo` acts",
			both(oneWay, pressed(names.ActionUndo)),
		},
		{
			"class",
			gate.DataClass,
			"the class of the data allows less than the mode",
			gate.Ignore,
			gate.Refuse,
			sameAsRun,
			classed("red"),
		},
		{
			"ring",
			gate.OutsideRing,
			"`auto`, in a ring that the control has not come to",
			gate.Ignore,
			gate.Act,
			sameAsRun,
			func(in *gate.Input) { in.Config.Rings = ringsOf("999999999999") },
		},
		{
			"owner",
			gate.Excepted,
			"a tag of the resource asks for an exception that `exceptions_by_tag` allows",
			gate.Ignore,
			gate.Refuse,
			"refuses without --despite-exception",
			askedFor("S3.8"),
		},
		{
			"deadline",
			gate.UnknownAge,
			"`after`, and nobody says when it was found",
			gate.Ignore,
			gate.Act,
			sameAsRun,
			graced(time.Time{}),
		},
		{
			"deadline",
			gate.InGrace,
			"`after`, and others have time left to fix it",
			gate.Defer,
			gate.Act,
			sameAsRun,
			graced(now().Add(-time.Hour)),
		},
		{
			"freeze",
			gate.Frozen,
			"changes are frozen",
			gate.Defer,
			gate.Defer,
			"refuses without --despite-freeze",
			func(in *gate.Input) {
				in.Config.Freezes = []gate.Freeze{freeze("2026-11-20", "2026-11-30")}
			},
		},
		{
			"window",
			gate.OutsideWindow,
			"outside of all windows for it",
			gate.Defer,
			gate.Defer,
			sameAsRun,
			func(in *gate.Input) {
				in.Config.Windows = []gate.Window{window("01:00", "02:00", "sun")}
			},
		},
	}
}

func byCalendars() []precedent {
	return []precedent{
		{
			"calendar",
			gate.UnknownCalendar,
			"a change calendar for it could not be read",
			gate.Ignore,
			gate.Refuse,
			sameAsRun,
			inCalendar(gate.CalendarState{Why: "denied"}),
		},
		{
			"calendar",
			gate.CalendarClosed,
			"a change calendar for it is closed",
			gate.Defer,
			gate.Defer,
			sameAsRun,
			inCalendar(gate.CalendarState{}),
		},
	}
}
