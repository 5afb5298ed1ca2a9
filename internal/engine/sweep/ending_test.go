package sweep_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
)

// lasts is an exception that ends so many days after the clock of tests.
func lasts(w *enginetest.World, control string, days int) gate.Exception {
	return gate.Exception{
		Control: control, Resource: "arn:made-up:site", Owner: "web", Ticket: "SEC-12", Reason: "static web site",
		Expires: gate.Date{Day: w.Clock.Now().Truncate(24*time.Hour).AddDate(0, 0, days)},
	}
}

// swept sweeps once an hour for some days.
func swept(t *testing.T, w *enginetest.World, p *enginetest.Process, days int) {
	t.Helper()
	for range days * 24 {
		p.Handled(t, enginetest.Sweep())
		w.Clock.Move(time.Hour)
	}
}

// reminders are the notices about exceptions.
func reminders(p *enginetest.Process) []notice.Notice {
	var out []notice.Notice
	for _, n := range p.Told() {
		if n.Kind == notice.Ending {
			out = append(out, n)
		}
	}
	return out
}

// TestPeopleAreRemindedOfAnEnd: fourteen days before and two, once each, of the document's and of those by hand.
func TestPeopleAreRemindedOfAnEnd(t *testing.T) {
	w := enginetest.New(t)
	w.Clock.Move(time.Hour - time.Duration(w.Clock.Now().Minute())*time.Minute)
	g := gate.Given{Exception: lasts(w, "Store.2", 20), Since: w.Clock.Now()}
	g.ID = "x1"
	if err := w.Ledger.Except(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	w.Config.Exceptions = []gate.Exception{lasts(w, "Store.1", 20)}
	p := w.Stoppable()
	swept(t, w, p, 6)
	if list := reminders(p); len(list) > 0 {
		t.Fatalf("too early: %+v", list)
	}
	swept(t, w, p, 2)
	if list := reminders(p); len(list) != 2 {
		t.Fatalf("%d reminders, want one of each: %+v", len(list), list)
	}
	for _, n := range reminders(p) {
		if !strings.Contains(n.Why, "web, ticket SEC-12") || !strings.Contains(n.ToDo, "--control "+n.Control) {
			t.Errorf("%+v", n)
		}
	}
	swept(t, w, p, 16)
	if list := reminders(p); len(list) != 4 {
		t.Errorf("%d reminders, want two of each", len(list))
	}
}

// TestWhatIsRenewedEndsInSilence: nobody is told of the end of what goes on.
func TestWhatIsRenewedEndsInSilence(t *testing.T) {
	w := enginetest.New(t)
	w.Clock.Move(time.Hour - time.Duration(w.Clock.Now().Minute())*time.Minute)
	w.Config.Exceptions = []gate.Exception{lasts(w, "Store.1", 3), lasts(w, "store.1", 90), lasts(w, "Store.2", -1)}
	p := w.Stoppable()
	swept(t, w, p, 5)
	if list := reminders(p); len(list) > 0 {
		t.Errorf("%+v", list)
	}
}

// TestReminderThatNobodyHeard comes again; many do not come at once.
func TestReminderThatNobodyHeard(t *testing.T) {
	w := enginetest.New(t)
	w.Clock.Move(time.Hour - time.Duration(w.Clock.Now().Minute())*time.Minute)
	for range 30 {
		e := lasts(w, "Store.1", 10)
		e.Resource += strings.Repeat("x", len(w.Config.Exceptions))
		w.Config.Exceptions = append(w.Config.Exceptions, e)
	}
	w.Fail("Tell", errors.New("no such topic"))
	p := w.Stoppable()
	p.Handled(t, enginetest.Sweep())
	if n := len(reminders(p)); n > 0 {
		t.Fatalf("%d heard", n)
	}
	w.Heal()
	for _, want := range []int{20, 20} {
		w.Clock.Move(time.Hour)
		p.Handled(t, enginetest.Sweep())
		if n := len(reminders(p)); n != want {
			t.Errorf("%d reminders, want %d", n, want)
		}
	}
}
