package gate

import (
	"strings"

	"github.com/salve-security/salve/internal/plain"
)

// Limits of what people wrote, so that the way out is not cut off.
const (
	maxOwner  = 60
	maxReason = 200
)

// Sentence says who stopped what, and why; control is the one that is asked about.
func (s Stop) Sentence(control string) string {
	if s.Everything() {
		control = "everything"
	}
	if s.Account != "" {
		control += " in account " + s.Account
	}
	owner := plain.Short(s.Owner, maxOwner)
	if owner == "" {
		owner = "somebody"
	}
	text := owner + " stopped " + control
	if reason := strings.TrimRight(plain.Short(s.Reason, maxReason), ". "); reason != "" {
		text += ": " + reason
	}
	return text
}

// Resume is the command that lifts a stop that holds for a control.
func (s Stop) Resume(control string) string {
	switch {
	case s.Everything():
		return "salve resume"
	case s.Account != "":
		return "salve resume " + control + " --account " + s.Account
	}
	return "salve resume " + control
}
