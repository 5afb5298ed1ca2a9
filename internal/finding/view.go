package finding

import "time"

// View is what Security Hub says of a finding now.
type View struct {
	Active   bool // not archived
	Passed   bool // the control passed
	Failed   bool // the control failed, or warns
	Resolved bool // its workflow status is RESOLVED
	// Suppressed means that a person wants to hear no more of it.
	Suppressed bool
	Updated    time.Time // when Security Hub last looked; zero if it does not say
}
