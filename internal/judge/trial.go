package judge

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/ran"
)

// Trial is a resource that a suite made, fixed and took back, and what the judge saw of it each time.
type Trial struct {
	Look    ran.Look // as it was asked once the resource was fixed
	Answers map[ran.Step]Answer
}

// Seen is what is kept of a trial.
type Seen struct {
	Suite string `json:"suite"`
	On    string `json:"on"`
	// Checks are those that ask what the control asks, with what each said at the three steps.
	Checks map[string][3]string `json:"checks,omitempty"`
	// Beside are those that said so of another resource, as of a policy and not of whom it is attached to.
	Beside []string `json:"beside,omitempty"`
	// Worse are the checks that fail once the fix is made and did not before, each with whose resource fails.
	Worse map[string]string `json:"worse,omitempty"`
	// Made are the checks that what the fix made fails.
	Made []string `json:"made,omitempty"`
	// Stays and Removes say what the fix leaves for an undo.
	Stays   bool `json:"stays,omitempty"`
	Removes bool `json:"removes,omitempty"`
}

// Whose resource fails that did not.
const (
	OfItself  = "the resource"
	OfAnother = "another resource"
)

// Weigh says what is to be kept of a trial.
func (t Trial) Weigh(asks map[string]string) Seen {
	out := Seen{Suite: t.Look.Suite, On: t.Look.On, Stays: t.Look.Stays, Removes: t.Look.Removes}
	for _, check := range slices.Sorted(maps.Keys(asks)) {
		var said [3]string
		for i, step := range ran.Steps() {
			said[i] = t.Answers[step].says(check, t.Look)
		}
		if said == [3]string{none, none, none} && t.beside(check, &said, out) {
			out.Beside = append(out.Beside, check)
		}
		if out.Checks == nil {
			out.Checks = map[string][3]string{}
		}
		out.Checks[check] = said
	}
	out.Worse, out.Made = t.worse()
	return out
}

// beside looks for another resource of which a check says what it should of this one at each step: nothing but the fix
// and its undo has come between.
func (t Trial) beside(check string, said *[3]string, expects Seen) bool {
	var at [3]map[Finding]string
	for i, step := range ran.Steps() {
		at[i] = t.Answers[step].statuses()
	}
	for f, before := range at[0] {
		fixed, undone := cmp.Or(at[1][f], none), cmp.Or(at[2][f], none)
		if f.Check == check && before == fail && expects.fixed(fixed) && expects.undone(undone) {
			*said = [3]string{before, fixed, undone}
			return true
		}
	}
	return false
}

// worse compares all checks on all resources before the fix and after it.
func (t Trial) worse() (worse map[string]string, made []string) {
	before, known := t.Answers[ran.Seeded].statuses(), map[string]bool{}
	for f := range before {
		known[f.Resource] = true
	}
	worse = map[string]string{}
	for f, status := range t.Answers[ran.Fixed].statuses() {
		switch {
		case status != fail || before[f] == fail:
		case !known[f.Resource]:
			made = append(made, f.Check)
		case f.about(t.Look):
			worse[f.Check] = OfItself
		case worse[f.Check] == "":
			worse[f.Check] = OfAnother
		}
	}
	slices.Sort(made)
	if len(worse) == 0 {
		worse = nil
	}
	return worse, slices.Compact(made)
}

// Why is what Prowler said at each step of what was asked, and what it could not read, for people who settle it.
func (t Trial) Why(asks map[string]string) []string {
	var out []string
	for _, step := range ran.Steps() {
		answer := t.Answers[step]
		for _, f := range answer.Findings {
			if _, asked := asks[f.Check]; asked && f.about(t.Look) {
				out = append(out, string(step)+": "+f.Status+" "+f.Detail)
			}
		}
		for _, text := range answer.Errors {
			line, _, _ := strings.Cut(text, "\n")
			out = append(out, string(step)+", not read: "+line)
		}
	}
	return out
}
