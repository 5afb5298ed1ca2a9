package run

import (
	"fmt"
	"time"
)

// Remembered is of how many runs of a piece of work the ledger knows when they ended.
const Remembered = 5

// Cooldown says how often a piece of work may be begun anew, however its runs end: the span at place i has room for
// i+1 ends of runs, at most Remembered. Spans that grow make a pause that grows; a span of zero asks for nothing, and
// no spans at all let everything through.
type Cooldown []time.Duration

// Cooled says why a piece of work waits: that many runs of it ended within the time. Zero where it does not wait.
type Cooled struct {
	Runs   int
	Within time.Duration
}

// Until says when work may be begun whose last runs ended at these times, the latest first; a time that is not after
// now means that it need not wait. Zero times are runs that there were not.
func (c Cooldown) Until(ends []time.Time, now time.Time) (until time.Time, why Cooled) {
	for i, within := range c {
		if i >= len(ends) || ends[i].IsZero() || within == 0 {
			continue
		}
		if end := ends[i].Add(within); end.After(now) && end.After(until) {
			until, why = end, Cooled{Runs: i + 1, Within: within}
		}
	}
	return until, why
}

// Longest is how long work waits of which nobody can tell when its runs ended.
func (c Cooldown) Longest() (why Cooled) {
	for i, within := range c {
		if within > why.Within {
			why = Cooled{Runs: i + 1, Within: within}
		}
	}
	return why
}

// Sentence says why the work waits.
func (c Cooled) Sentence() string {
	times := ""
	if c.Runs > 1 {
		times = fmt.Sprintf(" %d times", c.Runs)
	}
	return "Salve has worked on this" + times + " within " + span(c.Within) + ", and lets it rest."
}

// span is a time of whole hours or minutes in words.
func span(d time.Duration) string {
	switch {
	case d == time.Minute:
		return "a minute"
	case d == time.Hour:
		return "an hour"
	case d%time.Hour == 0:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d minutes", int(d.Minutes()))
}
