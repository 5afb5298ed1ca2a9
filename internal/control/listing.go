package control

import (
	"fmt"
	"slices"
)

// Listing is what Security Hub says of a control.
type Listing struct {
	ID        string // as Security Hub writes it
	Title     string
	Severity  Severity
	Resources []string // the ASFF types of the resources its findings may name
}

// Catalogue looks a control up in the lists of standards, whatever the capitals
// of its id; false for one that is in none. playbooks.Standards has it.
type Catalogue func(id string) (Listing, bool)

// Fails says when AWS counts a control as failed.
type Fails struct {
	When string // a sentence of ours; facts are AWS's
	// Rule is the AWS Config rule that decides, "s3-bucket-ssl-requests-only"; empty
	// where Security Hub decides without one.
	Rule string
	// Custom tells that the rule, or the logic without one, is Security Hub's own.
	Custom bool
}

// Behind says what decides.
func (f Fails) Behind() string {
	switch {
	case f.Rule == "":
		return "logic of Security Hub's own, no AWS Config rule"
	case f.Custom:
		return "AWS Config rule " + f.Rule + ", Security Hub's own"
	}
	return "AWS Config rule " + f.Rule
}

// fits tells that nothing is left open, or of a playbook of Salve's own, that
// nothing is claimed: AWS counts nothing there.
func (f Fails) fits(own bool) bool {
	if own {
		return f == Fails{}
	}
	return f.When != "" && (f.Rule != "" || f.Custom)
}

// listed is the control with what the lists say of it, which a declaration never
// says itself. Without a catalogue every declaration must be whole.
func (c Control) listed(list Catalogue) (Control, error) {
	if list == nil || Own(c.ID) {
		return c, nil
	}
	known, ok := list(c.ID)
	switch {
	case !ok:
		return c, fmt.Errorf("control %q is in no list of a standard", c.ID)
	case known.ID != c.ID:
		return c, fmt.Errorf("control %q: Security Hub writes %s", c.ID, known.ID)
	case c.Title != "" || c.Severity != "" || len(c.Resources) > 0:
		return c, fmt.Errorf("control %q declares its title, severity or resource types, which the lists say", c.ID)
	case len(known.Resources) == 0:
		return c, fmt.Errorf("control %q: the lists of standards say no resource type: add the column", c.ID)
	}
	c.Title, c.Severity, c.Resources = known.Title, known.Severity, slices.Clone(known.Resources)
	return c, nil
}
