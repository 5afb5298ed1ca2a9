package run

import (
	"errors"
	"time"
)

// How long and how often runs wait.
const (
	// MaxAttempts is how often a run is tried before people are told that it failed.
	MaxAttempts = 5
	// LongestWait is the longest pause between two tries.
	LongestWait = 15 * time.Minute
	// InParallel is how many runs of an invocation are worked on at a time.
	InParallel = 5
	// Doublings bound a wait that doubles: more would overflow, and no wait is that long.
	Doublings = 12
)

// ErrMark says that nobody can tell how much of a share or a limit was used: what is stored of it is no time, or one
// that is years ahead.
var ErrMark = errors.New("how much of it was used cannot be read")

// slack is more than it takes to join a run, and by more than clocks differ.
const slack = time.Minute

// LetGo is the lease of a run that a process lets wait: it is over for everybody, also for who has looked at his clock
// before that and joins the run only now. Else he would take it for one that somebody is at, and nobody would tell him.
func LetGo(now time.Time) time.Time { return now.Add(-slack) }
