package work_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// dated is a world in which something may happen while the calendar "releases" is open. It is closed until eight in the
// evening.
func dated(t *testing.T) *enginetest.World {
	t.Helper()
	w := enginetest.New(t)
	w.Config.Calendars = []gate.Calendar{{Name: "releases"}}
	w.Calendars = map[string]gate.CalendarState{"releases": {Next: time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)}}
	return w
}

// lookedUp is how often somebody asked about a calendar.
func lookedUp(w *enginetest.World) int {
	n := 0
	for _, c := range w.Calls() {
		if c.Operation == "GetCalendarState" {
			n++
		}
	}
	return n
}

// TestReportedWhileACalendarIsClosed: it waits until the calendar opens, and is done then.
func TestReportedWhileACalendarIsClosed(t *testing.T) {
	w := dated(t)
	p := w.Start()
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	p.Handled(t, w.Imported(t, id))
	r := w.Only(t)
	if r.Status != run.StatusDeferred || r.Due.Hour() != 20 || !strings.Contains(r.Reason, "calendar") ||
		!strings.Contains(r.Reason, "releases") {
		t.Fatalf("run is %s, due %s: %s", r.Status, r.Due, r.Reason)
	}
	w.Untouched(t, id)
	until(w, 19, 59)
	p.Handled(t, enginetest.Sweep())
	w.Untouched(t, id)
	w.Calendars["releases"] = gate.CalendarState{Open: true, Next: time.Date(2026, 3, 2, 23, 0, 0, 0, time.UTC)}
	until(w, 20, 30)
	sweeps(t, w, p, 2)
	w.Fixed(t, store, id)
}

// TestCalendarStaysClosed: where it was changed meanwhile, or cannot be read when the time has come, the run goes on
// waiting; nothing is lost.
func TestCalendarStaysClosed(t *testing.T) {
	for name, then := range map[string]gate.CalendarState{
		"moved":  {Next: time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC)},
		"denied": {Why: "not authorized"},
	} {
		t.Run(name, func(t *testing.T) {
			w := dated(t)
			p := w.Start()
			store := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(store))
			p.Handled(t, w.Imported(t, id))
			w.Calendars["releases"] = then
			until(w, 20, 30)
			sweeps(t, w, p, 2)
			if r := w.Only(t); r.Status != run.StatusDeferred || w.Blocked(store) {
				t.Fatalf("run is %s: %s", r.Status, r.Reason)
			}
			w.Calendars["releases"] = gate.CalendarState{Open: true}
			w.Clock.Move(12 * time.Hour)
			sweeps(t, w, p, 2)
			w.Fixed(t, store, id)
		})
	}
}

// TestCalendarThatCannotBeRead: a report does nothing, who clicked hears why, a person with a name is not bound, and
// what only passes has the message come again.
func TestCalendarThatCannotBeRead(t *testing.T) {
	w := dated(t)
	w.Calendars["releases"] = gate.CalendarState{Why: "AccessDeniedException: not authorized"}
	p := w.Start()
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	p.Handled(t, w.Imported(t, id))
	w.Untouched(t, id)
	w.Unclaimed(t)
	p.Handled(t, w.Click(t, id))
	w.Shows(t, id, finding.Notified, "releases: AccessDeniedException", "salve doctor")
	w.Mark(t, id, finding.New)
	w.Fail("GetCalendarState", errors.New("ThrottlingException"))
	if failed := p.Handle(t.Context(), w.Imported(t, id)); len(failed) != 1 || w.Blocked(store) {
		t.Errorf("%d messages come again", len(failed))
	}
	if r, err := p.Apply(t.Context(), enginetest.Wish(store)); err != nil || r.Status != run.StatusVerified {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestCalendarsAreAskedForWhatWouldAct: for nothing else.
func TestCalendarsAreAskedForWhatWouldAct(t *testing.T) {
	for name, change := range map[string]func(w *enginetest.World){
		"mode plan":   func(w *enginetest.World) { w.Config.Controls["Store.3"] = gate.Rule{Mode: gate.Plan} },
		"mode manual": func(w *enginetest.World) { w.Config.Controls["Store.3"] = gate.Rule{Mode: gate.Manual} },
		"approve":     func(w *enginetest.World) { w.Config.Controls["Store.3"] = gate.Rule{Mode: gate.Approve} },
		"frozen": func(w *enginetest.World) {
			w.Config.Freezes = []gate.Freeze{{From: "2026-03-01", To: "2026-03-09", TZ: "UTC", Reason: "fair"}}
		},
		"of others": func(w *enginetest.World) { w.Config.Calendars[0].Controls = []string{"Store.1"} },
	} {
		t.Run(name, func(t *testing.T) {
			w := dated(t)
			change(w)
			p := w.Start()
			p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))))
			if n := lookedUp(w); n != 0 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}
