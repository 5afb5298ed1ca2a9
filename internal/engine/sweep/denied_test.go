package sweep_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// TestHubIsDenied: where a policy of the hub's side keeps Salve out of an account,
// nobody is told to deploy the member's stack: the run is denied, with who denied.
// Runs that waited for the role hear the same.
func TestHubIsDenied(t *testing.T) {
	for name, waited := range map[string]bool{"at once": false, "after it waited": true} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			if waited {
				w.Distrust(enginetest.Member)
			} else {
				w.Forbid("sts:AssumeRole", "service control policy")
			}
			id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
			p.Handled(t, w.Imported(t, id))
			want := 1
			if waited {
				w.Trust(enginetest.Member)
				w.Forbid("sts:AssumeRole", "service control policy")
				w.Clock.Move(5 * time.Minute)
				p.Handled(t, enginetest.Sweep()) // the probe, which makes the run due
				p.Handled(t, enginetest.Sweep())
				want = 2 // that the role was missing, too
			}
			w.Ended(t, run.StatusDenied)
			w.Shows(t, id, finding.Notified, "an explicit deny in a service control policy (SCP)")
			told := p.Told()
			if len(told) != want || told[len(told)-1].Kind != notice.Denied {
				t.Errorf("told %+v", told)
			}
		})
	}
}

// TestProbeThatFails: an account that cannot be probed now is not said to lack its role.
func TestProbeThatFails(t *testing.T) {
	w := enginetest.New(t)
	w.Distrust(enginetest.Member)
	p := w.Start()
	p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))))
	before := len(p.Told())
	w.Fail("AssumeRole", enginetest.Throttled())
	w.Clock.Move(25 * time.Hour) // the next day's notice would be due
	p.Handled(t, enginetest.Sweep())
	if n := len(p.Told()); n != before {
		t.Errorf("told again: %+v", p.Told()[before:])
	}
	w.Heal()
	w.Clock.Move(5 * time.Minute)
	p.Handled(t, enginetest.Sweep())
	if n := len(p.Told()); n != before+1 {
		t.Errorf("%d notices, want the second day's", n-before)
	}
}
