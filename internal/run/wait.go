package run

import "time"

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
