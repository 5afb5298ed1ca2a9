package control

// SessionRequest says what a session in a member account is for.
type SessionRequest struct {
	Target Target
	RunID  string // becomes the session's name in the member's CloudTrail
	Source string // becomes the source identity: who asked
	Role   Role   // the member's role to enter; empty is RoleRemediation
	// Approved tells that a person, whom Source names, has approved what the session is for: RoleIdentity wants it.
	Approved bool
	Actions  []string // all the session may do
	Narrow   []string // ARN patterns the actions are limited to; nil for the whole account
	Passes   Passed   // the roles it may give away
}
