package breaker_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/notice"
)

// TestBreakerOfAnAccount: five failures in one account stop the control there.
// In the others it goes on until it fails too often in two of them together.
func TestBreakerOfAnAccount(t *testing.T) {
	w := enginetest.New(t)
	p := enginetest.Broken(t, w.Stoppable(), enginetest.Denied)
	failsIn(t, w, p, enginetest.Member, 5)
	got := once(t, p)
	want := notice.Notice{
		Kind: notice.Stopped, Control: "Store.3", Account: enginetest.Member, Who: "Salve itself",
		Actor: "Salve", When: got.When, Until: got.Until,
		Title: got.Title, Severity: got.Severity,
		Why:  "5 runs ended without a fix within an hour: 5 denied.",
		ToDo: "salve history --control Store.3 --since 24h --account " + enginetest.Member,
		Undo: "salve resume Store.3 --account " + enginetest.Member,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	rests(t, w, p)

	// What is wrong with one account is no reason to stop the next at its first failure.
	failsIn(t, w, p, enginetest.Other, 1)
	once(t, p)
	failsIn(t, w, p, enginetest.Other, 1)
	restsIn(t, w, p, enginetest.Other)
	notices, _ := tripped(p)
	if len(notices) != 2 || notices[1].Account != "" || notices[1].Undo != "salve resume Store.3" ||
		notices[1].Why != "7 runs ended without a fix within an hour: 7 denied." {
		t.Errorf("told %+v", notices)
	}

	// Lifted everywhere, it is still stopped where it was stopped by itself.
	w.Resume(t, "Store.3")
	failsIn(t, w, p, enginetest.Other, 1)
	rests(t, w, p)
}

// TestLiftedInAnAccount: it begins anew there, and what others count is left.
func TestLiftedInAnAccount(t *testing.T) {
	w := enginetest.New(t)
	p := enginetest.Broken(t, w.Stoppable(), enginetest.Denied)
	failsIn(t, w, p, enginetest.Member, 5)
	clicked := reportedIn(t, w, enginetest.Member)
	p.Handled(t, w.Click(t, clicked))
	w.Shows(t, clicked, finding.Notified, "Salve stopped Store.3 in account "+enginetest.Member)
	wish := enginetest.Wish(w.Store(t, nil))
	if _, err := p.Apply(t.Context(), wish); err == nil {
		t.Error("applied in spite of the stop")
	}
	w.ResumeIn(t, "Store.3", enginetest.Member)
	failsIn(t, w, p, enginetest.Member, 4)
	once(t, p)
	failsIn(t, w, p, enginetest.Member, 1)
	rests(t, w, p)
	failsIn(t, w, p, enginetest.Other, 1)
}
