package judge

import "slices"

// Verdict is what the judge's answers about a control come to.
type Verdict string

// The verdicts.
const (
	Agrees  Verdict = "agrees"  // a check fails before, passes after the fix and fails after the undo, and none objects
	Differs Verdict = "differs" // a check passes what we say fails or took back, or fails what we say is fixed
	Silent  Verdict = "silent"  // checks ask for it, and none says anything of the resource that counts
	Unasked Verdict = "unasked" // no check asks for it
)

// VerdictOf is that of a control, from what was seen of all ways in which its suites begin.
func VerdictOf(asks map[string]string, all []Seen) Verdict {
	if len(asks) == 0 {
		return Unasked
	}
	agreed := false
	for _, seen := range all {
		switch seen.verdict(asks) {
		case Differs:
			return Differs
		case Agrees:
			agreed = true
		case Silent, Unasked:
		}
	}
	if agreed {
		return Agrees
	}
	return Silent
}

// verdict is that of one trial. That a check passes before is no matter where another one agrees: each may look at a
// part of what the control asks, as one port of many.
func (s Seen) verdict(asks map[string]string) Verdict {
	agreed, passed := false, false
	for check, said := range s.Checks {
		before, fixed, undone := said[0], said[1], said[2]
		switch {
		case before == fail && s.fixed(fixed) && s.undone(undone):
			agreed = true
		case before == fail || fixed == fail:
			return Differs
		case before == pass && asks[check] == "":
			passed = true
		}
	}
	switch {
	case agreed:
		return Agrees
	case passed:
		return Differs
	}
	return Silent
}

// fixed tells that a check says what it should of a resource that is fixed. Where the fix is one way, something else
// may have taken the place of the resource.
func (s Seen) fixed(said string) bool { return said == pass || (s.Removes || s.Stays) && said == none }

// undone tells that a check says what it should once the fix is taken back, as far as it can be.
func (s Seen) undone(said string) bool {
	switch {
	case s.Removes:
		return said == none
	case s.Stays:
		return s.fixed(said)
	}
	return said == fail
}

// Agreeing are the checks of a trial that fail before, pass the fix and say what they should after its undo.
func (s Seen) Agreeing(asks map[string]string) []string {
	var out []string
	for check, said := range s.Checks {
		if _, believed := asks[check]; believed && said[0] == fail && s.fixed(said[1]) && s.undone(said[2]) {
			out = append(out, check)
		}
	}
	slices.Sort(out)
	return out
}

// Vanishes tells that there is nothing left of the resource that the checks could speak of, once it is fixed.
func (s Seen) Vanishes(asks map[string]string) bool {
	return slices.ContainsFunc(s.Agreeing(asks), func(check string) bool { return s.Checks[check][1] == none })
}
