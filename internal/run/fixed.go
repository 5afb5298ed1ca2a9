package run

import "time"

// LookAgain is how long after a fix, and after each later look, a fixed resource is looked at again.
const LookAgain = 7 * 24 * time.Hour

// Fixed is a piece of work with a fix of its own that is due for another look.
type Fixed struct {
	Key         Key       // its control in small letters; the run knows how it is written
	Fix         string    // the last run that was proven; empty where a run found the work met already
	Last        string    // the last run of all
	Open        bool      // that run is at work
	Held        bool      // a hold keeps Salve off the resource
	Recurrences int       // how often its fixes were found undone so far
	Was         time.Time // when it was due
	Due         time.Time // while somebody looks
}

// Next is when it is due again after a look: a week after it was due, so that what was fixed at different times is
// looked at at different times, or a week from now where looks are late.
func (f Fixed) Next(now time.Time) time.Time {
	if next := f.Was.Add(LookAgain); next.After(now) && !next.After(now.Add(LookAgain)) {
		return next
	}
	return now.Add(LookAgain)
}

// Recurrence is what a later look found: the resource is not any more as the fix left it.
type Recurrence struct {
	At    time.Time `json:"at"`
	Left  []string  `json:"left,omitempty"` // the paths that differ from what the control wants
	Times int       `json:"times"`          // how often that was found for this piece of work, this time included
	Place int       `json:"place"`          // how often within a week for the control in the account
}

// Often tells that it is no single case: something keeps changing fixes back.
func (r Recurrence) Often() bool { return r.Times > 1 || r.Place > 2 }

// LookedVerdict says what came of a look at a fix.
type LookedVerdict string

// The verdicts.
const (
	LookedStands LookedVerdict = "stands" // it is as the fix left it, as far as the control asks
	LookedUndone LookedVerdict = "undone" // it does not meet the control any more
	LookedOver   LookedVerdict = "over"   // there is nothing to look at any more: gone, taken back, overtaken
	LookedNot    LookedVerdict = "not"    // it is not to be looked at now: off, disabled, excepted, on hold
	LookedSoon   LookedVerdict = "soon"   // nor while that lasts: a stop, a run that is at work
)

// Looked is what came of a look at a fix.
type Looked struct {
	Verdict LookedVerdict
	Run     *Run
	Left    []string // the paths that differ from what the control wants, where it is undone
}
