package rehearse

import (
	"slices"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
)

// Verdict is what would happen to a finding, in the words of those who decide about a configuration.
type Verdict string

// The verdicts.
const (
	Act       Verdict = "act"       // fix it, and nobody who uses the resource notices
	Interrupt Verdict = "interrupt" // fix it, which interrupts those who use the resource
	Ask       Verdict = "ask"       // plan it, then wait for approval
	Plan      Verdict = "plan"      // tell what would change
	Defer     Verdict = "defer"     // wait, and decide again
	Refuse    Verdict = "refuse"    // something stands in the way, which the reason names
	Ignore    Verdict = "ignore"    // nothing is to be done about it by itself
)

// rank orders verdicts by how much happens without a person.
func (v Verdict) rank() int {
	return slices.Index([]Verdict{Plan, Ask, Act, Interrupt}, v)
}

// verdictOf tells apart what the gate does not: whether acting interrupts somebody, and whether there was anything to
// be done about a finding that nobody asked about.
func verdictOf(d gate.Decision, c control.Control) Verdict {
	switch d.Verdict {
	case gate.Act:
		if c.Impact == control.ImpactInterrupts {
			return Interrupt
		}
		return Act
	case gate.Preview:
		return Plan
	case gate.Ask:
		return Ask
	case gate.Defer:
		return Defer
	case gate.Ignore:
		if idle(d.Reason) {
			return Ignore
		}
	case gate.Refuse:
	}
	return Refuse
}

// idle are reasons for which nothing is to be done about a report, rather than that something keeps it from being done.
func idle(r gate.Reason) bool {
	return slices.Contains([]gate.Reason{
		gate.UnknownTrigger, gate.ForeignAction, gate.NotActive, gate.AlreadyPassed, gate.NoCompliance, gate.NotNew,
		gate.IsSuppressed, gate.NoWorkflow, gate.NoPlaybook, gate.NotAutomatic,
	}, r)
}
