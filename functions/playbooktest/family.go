package playbooktest

import (
	"cmp"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
)

// Family runs the suites of controls that are alike: rows of a table, such as the alarms of CloudWatch. The first of a
// mechanism runs every case. The others run those that depend on what is their own, and leave out what the first shows:
// see the reasons in cases. That their mechanism is the same is not taken on trust. Their declarations must ask for the
// same, and their fix and its undo must make the same calls from the same functions; a control of which that is not
// true is the first of another mechanism, and runs every case.
func Family(t *testing.T, controls []control.Control, suiteOf func(c control.Control) Suite) {
	t.Helper()
	if len(controls) == 0 {
		t.Fatal("the family has no controls")
	}
	var known []first
	for _, c := range controls {
		t.Run(c.ID, func(t *testing.T) {
			r := begin(t, suiteOf(c))
			if r.Control.ID != c.ID {
				t.Fatalf("the suite of %s is about %s", c.ID, r.Control.ID)
			}
			if r.askJudge(t) {
				return
			}
			own, shared, last := r.parts()
			for _, c := range own {
				r.run(t, c)
			}
			first := r.firstOf(known, t.Failed())
			for _, c := range shared {
				if first.ran[c.name] {
					c.shownBy = first.by
				}
				r.run(t, c)
			}
			r.run(t, last)
			if first.by == "" {
				known = append(known, r.shows(shared))
			}
			r.whatRan(t)
		})
	}
}

// parts are the cases that are each control's own, those that one of a mechanism shows for all, and the last one.
func (s *suite) parts() (own, shared []testCase, last testCase) {
	all := s.cases()
	for _, c := range all[:len(all)-1] {
		if c.shown == "" {
			own = append(own, c)
		} else {
			shared = append(shared, c)
		}
	}
	return own, shared, all[len(all)-1]
}

// first is the first control of a mechanism.
type first struct {
	by  string
	of  mechanism
	ran map[string]bool // the cases that it shows for others
}

// firstOf is the first of this control's mechanism; nobody where there is none, or it cannot be told.
func (s *suite) firstOf(known []first, failed bool) first {
	mine := s.mechanism()
	if failed || mine.fixes == "" {
		return first{}
	}
	for _, f := range known {
		if gocmp.Equal(f.of, mine, gocmp.AllowUnexported(mechanism{})) {
			return f
		}
	}
	return first{}
}

// shows is this control as the first of its mechanism. What it could not have, it does not show.
func (s *suite) shows(shared []testCase) first {
	f := first{by: s.Control.ID, of: s.mechanism(), ran: map[string]bool{}}
	for _, c := range shared {
		f.ran[c.name] = cmp.Or(s.Skip[c.name], s.spared[c.name], s.without[c.name]) == ""
	}
	return f
}

// mechanism is what two controls must have in common for the one to show what the other leaves out: whatever decides
// which calls are made, with which rights, and what becomes of them.
type mechanism struct {
	actions, undoActions       []string
	oneWay                     map[string]string
	waits                      map[string]control.Wait
	role                       control.Role
	runbooks                   []string
	family                     string
	facts, secrets, starts     bool
	removes, wholeAccount      bool
	accepted, blind, ofAccount bool
	fixes, undoes              string // the calls, each with the functions that make it
}

func (s *suite) mechanism() mechanism {
	c := s.Control
	return mechanism{
		actions: c.Actions, undoActions: c.UndoActions, oneWay: c.OneWay, waits: c.Waits,
		role: c.Role, runbooks: c.Runbooks, family: c.Family,
		facts: c.HasFacts(), secrets: c.HasSecrets(), starts: c.Starts(),
		removes: c.Removes, wholeAccount: c.WholeAccount, accepted: c.Accepted, blind: c.Blind, ofAccount: c.OfAccount(),
		fixes: s.fixes.String(), undoes: s.undoes.String(),
	}
}
