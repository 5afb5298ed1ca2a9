package names

import "time"

// Each of these must outlast the one before it: a function that runs on after its lease ended, or a
// message that reappears while the function still works on it, would fix a resource twice at a time.
const (
	RunBudget       = 60 * time.Second  // work on one run; what remains is for storing and telling
	Budget          = 90 * time.Second  // work in one invocation
	FunctionTimeout = 120 * time.Second // Lambda ends the invocation
	Lease           = 150 * time.Second // a claim counts as abandoned
	QueueVisibility = 720 * time.Second // a message appears again; AWS asks for six function timeouts
)

// Recording is how long storing and telling may take when the budget is used up: it fits between Budget and
// FunctionTimeout.
const Recording = 20 * time.Second

const (
	// MaxReceives is how often a message may come back before it goes to the dead letter queue.
	MaxReceives = 5
	// SweepEvery is the rate of the schedule that looks for what is due.
	SweepEvery = time.Minute
	// DigestEvery is how long successes are collected before people are told, unless configured.
	DigestEvery = 300 * time.Second
)
