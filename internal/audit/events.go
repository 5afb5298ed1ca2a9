package audit

// Events of audit lines. Metrics count some of them.
const (
	Finished      = "finished" // a run came to its outcome
	Deferred      = "deferred"
	Parked        = "parked" // everything is written, AWS takes its time to show it
	Refused       = "refused"
	Asked         = "asked"                // at the command line: written before anything is done
	Answered      = "answered"             // somebody answered a plan that waits; the reason says what became of that
	Insisted      = "despite an exception" // an operator acts in spite of one
	Rejected      = "rejected"             // a message cannot be understood
	Dropped       = "unknown event dropped"
	Disputed      = "disputed"   // our read and Security Hub disagree
	Reverted      = "reverted"   // something keeps taking the fix back
	Stopped       = "stopped"    // a person stopped a control, or everything
	Resumed       = "resumed"    // a person lifted that
	Pushed        = "configured" // a person stored a configuration document
	Switched      = "switched"   // a person changed a rule of the configuration
	Disabled      = "disabled"   // a person switched something off by hand, whatever the configuration says
	Enabled       = "enabled"    // a person took that back
	Excepted      = "excepted"   // a person made an exception by hand
	Expired       = "expired"    // a person ended one
	Released      = "released"   // a person released what a run kept that is gone
	Tripped       = "tripped"    // a control failed too often: it is stopped
	Advanced      = "advanced"   // a control acts by itself in one more ring
	Ringed        = "ringed"     // a person moved a control from ring to ring
	Lost          = "lost"       // another process has taken the run over
	NudgeFailed   = "nudge failed"
	MessageFailed = "message failed" // the message comes again
	NotSettled    = "not settled"
	NotSynced     = "not synced" // a finding does not say yet what became of it
	NotCounted    = "not counted"
	NotJudged     = "not judged"  // which siblings an undo leaves unmet is not known
	NotTripped    = "not tripped" // a control should have been stopped
	NotSwept      = "not swept"
	Evaluated     = "evaluation asked" // AWS Config evaluates the rules again that the reason names
	NotEvaluated  = "evaluation not asked"
	Stands        = "still fixed" // a later look proves a fix once more
	Recurred      = "recurred"    // a later look finds a fix undone
	Unreadable    = "unreadable"  // a later look at a fix could not be taken
	NotFed        = "not fed"     // a rule that brings events does not
	NotTold       = "not told"
	NotCharted    = "organization not read"
)
