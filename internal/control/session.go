package control

import "github.com/salve-security/salve/internal/fault"

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
	Passes   Passed   // the roles it may give away, and the functions that it may have called
}

// MayEnter lets nobody into a role that it does not know, nor into the one that decides who may do what, but for what a
// person has approved; who is that person as the session would name it.
func (r SessionRequest) MayEnter(who string) error {
	switch {
	case r.Role == "", r.Role == RoleRemediation:
		return nil
	case r.Role != RoleIdentity:
		return fault.New(fault.Refused, "no session is opened with the role %q of a member", r.Role)
	case !r.Approved || who == "":
		return fault.New(fault.Refused, "the role that decides who may do what is entered for what a person has approved")
	}
	return nil
}
