package finding

import "time"

// View is what Security Hub says of a finding now.
type View struct {
	State
	Source  Source
	Updated time.Time           // when Security Hub last looked; zero if it does not say
	Note    string              // hostile text: what a person wrote on it, see Words
	Params  map[string][]string // what the control was judged by; nil where it does not say
}

// Active tells that the finding is not archived.
func (v View) Active() bool { return v.RecordState == Active }

// Resolved tells that its workflow status is RESOLVED.
func (v View) Resolved() bool { return v.Workflow == Resolved }

// Suppressed tells that a person wants to hear no more of it.
func (v View) Suppressed() bool { return v.Workflow == Suppressed }

// Passed tells that it says that all is well.
func (v View) Passed() bool { return v.Source.Passed(v.State) }

// Failing tells that it says that something is wrong.
func (v View) Failing() bool { return v.Source.Failing(v.State) }
