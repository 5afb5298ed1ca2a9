package report

import (
	"time"

	"github.com/salve-security/salve/internal/control"
)

// Execution is a runbook that was started.
type Execution struct {
	ID      string    `json:"id"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`     // when a look first saw that it is over
	Status  string    `json:"status,omitempty"`   // as SSM Automation calls it, when it was last looked at
	Failure string    `json:"failure,omitempty"`  // why it failed, in the words of SSM Automation
	Steps   []Step    `json:"steps,omitempty"`    // that had begun then, as SSM Automation lists them
	Cut     bool      `json:"left_out,omitempty"` // it had more steps, which are not kept
}

// Step is one step of an execution.
type Step struct {
	Name    string    `json:"name"`
	Action  string    `json:"action"`
	Status  string    `json:"status"`
	Began   time.Time `json:"began,omitzero"`
	Seconds float64   `json:"seconds,omitempty"` // how long it took; not there of one that has not ended
	Failure string    `json:"failure,omitempty"`
}

// ExecutionOf is the form of an execution; none stays none.
func ExecutionOf(e *control.Execution) *Execution {
	if e == nil {
		return nil
	}
	out := &Execution{
		ID: e.ID, Started: e.Started.UTC(), Ended: e.Ended.UTC(), Status: e.Status, Failure: e.Failure, Cut: e.Cut,
	}
	for _, s := range e.Steps {
		out.Steps = append(out.Steps, Step{
			Name: s.Name, Action: s.Action, Status: s.Status, Began: s.Began.UTC(), Seconds: s.Took().Seconds(),
			Failure: s.Failure,
		})
	}
	return out
}
