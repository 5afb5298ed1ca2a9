package assess

import "github.com/salve-security/salve/internal/control"

// Class is what would become of a piece of work.
type Class string

// The classes. Automatic is what Salve would change by itself on mode auto, Approval what it would change once a person
// has approved it.
const (
	Automatic  Class = "automatic"
	Approval   Class = "approval"
	Refused    Class = "refused"
	Compliant  Class = "compliant" // nothing to do: the finding is stale
	Gone       Class = "gone"      // the resource is not there any more
	Unlooked   Class = "unlooked"  // nobody could look
	NoPlaybook Class = "no_playbook"
)

// Classes are all of them, in the order in which people read of them.
func Classes() []Class {
	return []Class{Automatic, Approval, Refused, Compliant, Gone, Unlooked, NoPlaybook}
}

// Changes tells that the resource would be changed.
func (c Class) Changes() bool { return c == Automatic || c == Approval }

// Fixed tells that the finding would pass: at once, or once what changes is changed.
func (c Class) Fixed() bool { return c.Changes() || c == Compliant || c == Gone }

// Answer is what became of the look at a piece of work.
type Answer struct {
	Number  int            `json:"n"`
	Class   Class          `json:"class"`
	Reason  string         `json:"reason,omitempty"`  // why not, or why not at once
	Changes []string       `json:"changes,omitempty"` // lines of the plan
	Count   int            `json:"count,omitempty"`   // how many they are
	Impact  control.Impact `json:"impact,omitempty"`
	Plan    string         `json:"plan,omitempty"` // its hash
	// InForce is what the hub's configuration lets happen today, a verdict of the gate; empty without a hub.
	InForce string `json:"in_force,omitempty"`
	Because string `json:"because,omitempty"`
}
