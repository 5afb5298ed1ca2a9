package report

import (
	"time"

	"github.com/salve-security/salve/internal/gate"
)

// Exception is an exception and what it protects.
type Exception struct {
	Control  string   `json:"control"`
	Kin      []string `json:"also_for,omitempty"` // ids of other controls that write the same
	Resource string   `json:"resource"`           // * stands for anything
	Owner    string   `json:"owner"`
	Reason   string   `json:"reason"`
	Ticket   string   `json:"ticket,omitempty"`
	LastDay  string   `json:"last_day,omitempty"` // in UTC; not there: until somebody ends it
	Ended    bool     `json:"ended"`              // it protects nothing any more
}

// ExceptionOf is the form of an exception at a time. Kin are the other controls that write the same.
func ExceptionOf(e gate.Exception, kin []string, now time.Time) Exception {
	return Exception{
		Control: e.Control, Kin: kin, Resource: e.Resource, Owner: e.Owner, Reason: e.Reason, Ticket: e.Ticket,
		LastDay: e.LastDay(), Ended: !e.Active(now),
	}
}
