package run

import (
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/plain"
)

// What is kept of an execution: a run is stored whole, with each of its looks.
const (
	maxSteps   = 30  // the first half of them and the last
	maxName    = 128 // characters of a name, an action or a status
	maxFailure = 300 // characters of a failure
)

// Saw keeps what a look showed of what the run started. A look that says nothing takes nothing away.
func (r *Run) Saw(p control.Progress, now time.Time) {
	e := r.Execution
	if e == nil || !p.Known() {
		return
	}
	if p.Over && e.Ended.IsZero() {
		e.Ended = now
	}
	e.Status, e.Failure = plain.Short(p.Status, maxName), ""
	if p.Failed {
		e.Failure = plain.Short(p.Message, maxFailure)
	}
	steps := p.Steps
	e.Cut = p.Cut || len(steps) > maxSteps
	if over := len(steps) - maxSteps; over > 0 {
		steps = append(append([]control.Step(nil), steps[:maxSteps/2]...), steps[maxSteps/2+over:]...)
	}
	e.Steps = nil
	for _, s := range steps {
		s.Name, s.Action = plain.Short(s.Name, maxName), plain.Short(s.Action, maxName)
		s.Status, s.Failure = plain.Short(s.Status, maxName), plain.Short(s.Failure, maxFailure)
		e.Steps = append(e.Steps, s)
	}
}
