// Package fault says what an error means for a run: whether to wait, to tell somebody, or to be done.
// It is the one place that knows the error codes of AWS.
package fault

import (
	"context"
	"errors"
	"fmt"
)

// Class is what an error means for a run. The set is closed.
type Class string

const (
	// None is the class of no error.
	None Class = ""
	// Retry passes by itself: throttling, outages, timeouts, expired tokens, concurrent changes.
	Retry Class = "retry"
	// Denied means that a policy forbids the call; a person has to change one.
	Denied Class = "denied"
	// NotOnboarded means that the role of Salve is missing in the account or does not trust the hub.
	// Only the package that assumes the role can tell, so it is given with Wrap.
	NotOnboarded Class = "not_onboarded"
	// Gone means that the resource no longer exists.
	Gone Class = "gone"
	// Refused means that a gate of ours, or AWS for a reason that stays, says no: a quota, a dependency,
	// a state that does not allow the change.
	Refused Class = "refused"
	// Invalid means that the input can never succeed: a malformed message, a request AWS cannot accept.
	Invalid Class = "invalid"
	// Unverified means that the change was written and could not be proven.
	Unverified Class = "unverified"
	// Drifted means that somebody changed since what the plan or the undo relies on.
	Drifted Class = "drifted"
	// Unknown is everything else, and the only class that leaves the engine as an error.
	Unknown Class = "unknown"
)

// classified carries the class its creator knew.
type classified struct {
	class Class
	err   error
}

// Error returns the text of the wrapped error.
func (c *classified) Error() string { return c.err.Error() }

// Unwrap returns the wrapped error.
func (c *classified) Unwrap() error { return c.err }

// Wrap gives err a class that wins over what Of would find out. A nil error stays nil.
func Wrap(class Class, err error) error {
	if err == nil {
		return nil
	}
	return &classified{class: class, err: err}
}

// New returns an error of the class with a formatted text; %w works as in fmt.Errorf.
func New(class Class, format string, args ...any) error {
	return &classified{class: class, err: fmt.Errorf(format, args...)}
}

// Of returns the class of err: the one given by Wrap, else what the answer of AWS or the network means.
func Of(err error) Class {
	if err == nil {
		return None
	}
	if given := new(classified); errors.As(err, &given) {
		return given.class
	}
	// Before the codes: a call that ran out of time may carry the answer of an earlier attempt.
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return Retry
	}
	if class := ofAnswer(err); class != Unknown {
		return class
	}
	return ofNetwork(err)
}
