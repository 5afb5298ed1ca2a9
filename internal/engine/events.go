package engine

// Events of audit lines. Metrics count some of them.
const (
	Finished      = "finished" // a run came to its outcome
	Deferred      = "deferred"
	Refused       = "refused"
	Rejected      = "rejected" // a message cannot be understood
	Dropped       = "unknown event dropped"
	Lost          = "lost" // another process has taken the run over
	NudgeFailed   = "nudge failed"
	MessageFailed = "message failed" // the message comes again
	NotSettled    = "not settled"
	NotSynced     = "not synced" // a finding does not say yet what became of it
	NotTold       = "not told"
)
