package control

// SessionRequest says what a session in a member account is for.
type SessionRequest struct {
	Target  Target
	RunID   string   // becomes the session's name in the member's CloudTrail
	Source  string   // becomes the source identity: who asked
	Role    Role     // the member's role to enter; empty is RoleRemediation
	Actions []string // all the session may do
	Narrow  []string // ARN patterns the actions are limited to; nil for the whole account
}
