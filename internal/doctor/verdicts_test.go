package doctor_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/doctor"
)

// broken is one thing that is wrong, and what its check must say then.
type broken struct {
	check   string
	breaks  func(*world, *doctor.Patient)
	verdict doctor.Verdict
	says    string // in its sentence
	fix     string // in what sets it right
}

// try breaks one thing in a healthy world.
func (b broken) try(t *testing.T) {
	t.Helper()
	w := healthy()
	p := w.patient()
	b.breaks(w, p)
	got := answer(t, p, b.check)
	if got.Verdict != b.verdict || !strings.Contains(got.Sentence, b.says) || !strings.Contains(got.Fix, b.fix) {
		t.Errorf("%s: %+v, want %s, %q, fix %q", b.check, got, b.verdict, b.says, b.fix)
	}
	if got.Verdict == doctor.Wrong && got.Fix == "" && b.fix != "" {
		t.Errorf("%s: wrong, and nothing sets it right", b.check)
	}
}

// says has AWS answer a call with something else.
func says(call string, what any) func(*world, *doctor.Patient) {
	return func(w *world, _ *doctor.Patient) { w.answers[call] = what }
}

// tables are all that is broken.
func tables() []map[string]broken {
	return []map[string]broken{
		personTable(), hubTable(), hearTable(), ruleTable(), queueTable(), sourceTable(), functionTable(), scheduleTable(),
		membershipTable(), recorderTable(), roleTable(), trustTable(), gateTable(), unitTable(), findingTable(), pastTable(),
		togetherTable(),
	}
}

// TestEachThing breaks one thing after the other, and sees its check say so.
func TestEachThing(t *testing.T) {
	for _, table := range tables() {
		tryAll(t, table)
	}
}

func tryAll(t *testing.T, all map[string]broken) {
	t.Helper()
	for name, b := range all {
		t.Run(name, b.try)
	}
}

// TestAllIsWell: in a healthy world each check says so, and one that is broken in the tests is a check there is.
func TestAllIsWell(t *testing.T) {
	w := healthy()
	answers := doctor.Examine(t.Context(), w.patient())
	for _, a := range answers {
		if a.Verdict != doctor.OK || a.Sentence == "" {
			t.Errorf("%+v", a)
		}
	}
	if doctor.Worst(answers) != doctor.OK {
		t.Error("all is well, and the verdict is not")
	}
	covered := map[string]bool{}
	for _, table := range tables() {
		for _, b := range table {
			covered[b.check] = covered[b.check] || b.verdict == doctor.Wrong
		}
	}
	for _, c := range doctor.Checks() {
		if !covered[c.Name] && c.Name != "findings" { // what is reported is never wrong by itself
			t.Errorf("no test breaks what %s looks at", c.Name)
		}
	}
}

// TestDoctorWritesNothing: whatever is wrong, only what reads is called.
func TestDoctorWritesNothing(t *testing.T) {
	for _, table := range tables() {
		for name, b := range table {
			w := healthy()
			p := w.patient()
			b.breaks(w, p)
			doctor.Examine(t.Context(), p)
			for _, call := range w.asked {
				_, operation, _ := strings.Cut(call, ":")
				if !slices.ContainsFunc([]string{"Get", "List", "Describe", "BatchGet"}, func(verb string) bool {
					return strings.HasPrefix(operation, verb)
				}) {
					t.Errorf("%s: %s", name, call)
				}
			}
			if len(w.asked) < 20 {
				t.Errorf("%s: only %d calls", name, len(w.asked))
			}
		}
	}
}

// TestOneDenialIsOneUnknown: who may not make a call hears which right it takes, and all other checks go on.
func TestOneDenialIsOneUnknown(t *testing.T) {
	well := healthy()
	doctor.Examine(t.Context(), well.patient())
	calls := slices.Compact(slices.Sorted(slices.Values(well.asked)))
	for _, call := range calls {
		t.Run(call, func(t *testing.T) {
			w := healthy()
			w.answers[call] = denial("because no identity-based policy allows the x:Y action")
			unknown := 0
			for _, a := range doctor.Examine(t.Context(), w.patient()) {
				switch a.Verdict {
				case doctor.OK, doctor.NotAsked:
				case doctor.Unknown:
					unknown++
					if !strings.Contains(a.Sentence, "needs ") || a.Fix == "" {
						t.Errorf("%+v", a)
					}
				case doctor.Wrong:
					t.Errorf("%+v", a)
				}
			}
			if unknown == 0 || unknown > 3 {
				t.Errorf("%d checks do not know", unknown)
			}
		})
	}
}

// TestNobodyAnswers: AWS that is down is no verdict.
func TestNobodyAnswers(t *testing.T) {
	w := healthy()
	for call := range w.answers {
		w.answers[call] = errors.New("no route to host")
	}
	w.refused = "ServiceUnavailable"
	for name := range map[string]bool{"settings": true, "history": true, "role " + account: true, "found": true} {
		w.wrong[name] = errors.New("no route to host")
	}
	answers := doctor.Examine(t.Context(), w.patient())
	for _, a := range answers {
		if a.Verdict == doctor.Wrong || a.Verdict == doctor.OK {
			t.Errorf("%+v", a)
		}
	}
	if doctor.Worst(answers) != doctor.Unknown {
		t.Error("nobody knows, and the verdict is another")
	}
}

// TestNothingToAskAbout: without a control, and without an account, what is about them is not asked.
func TestNothingToAskAbout(t *testing.T) {
	for name, c := range map[string]struct {
		breaks func(*doctor.Patient)
		asked  []string // some that are asked
		not    []string // some that are not
	}{
		"no control": {
			func(p *doctor.Patient) { p.ControlID, p.Control = "", nil },
			[]string{"rules", "role"},
			[]string{"gate", "standard"},
		},
		"no playbook": {func(p *doctor.Patient) { p.Control = nil }, []string{"role"}, []string{"gate", "session"}},
		"no account": {func(p *doctor.Patient) { p.Account = "" }, []string{"rules"}, []string{
			"role", "trust",
			"gate",
		}},
		"neither of the two": {
			func(p *doctor.Patient) { p.Account, p.ControlID, p.Control = "", "", nil },
			[]string{"topic"},
			[]string{"plan"},
		},
		"a control of no rule": {
			func(p *doctor.Patient) { p.Control = about(func(i *control.Info) { i.Fails.Rule = "" }) },
			[]string{"standard"},
			[]string{"recorder"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := healthy().patient()
			c.breaks(p)
			for _, check := range c.asked {
				if a := answer(t, p, check); a.Verdict != doctor.OK {
					t.Errorf("%+v", a)
				}
			}
			for _, check := range c.not {
				if a := answer(t, p, check); a.Verdict != doctor.NotAsked || a.Sentence == "" {
					t.Errorf("%+v", a)
				}
			}
		})
	}
}
