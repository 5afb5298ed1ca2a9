package control

import "time"

// Step is one step of an execution, as a look showed it. One that has not begun is none.
// Source: Systems Manager API reference, StepExecution.
type Step struct {
	Name    string    `json:"name"`
	Action  string    `json:"action"` // "aws:executeAwsApi"
	Status  string    `json:"status"` // as SSM Automation calls it
	Began   time.Time `json:"began,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	Failure string    `json:"failure,omitempty"` // why it failed, in the words of SSM Automation
}

// Took is how long the step took; zero for one that has not ended.
func (s Step) Took() time.Duration {
	if s.Began.IsZero() || s.Ended.IsZero() {
		return 0
	}
	return s.Ended.Sub(s.Began)
}
