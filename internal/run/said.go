package run

import (
	"cmp"
	"regexp"

	"github.com/salve-security/salve/internal/plain"
)

// maxSaid bounds what a run keeps of a finding's own words.
const maxSaid = 300

// Said is what is kept of a finding's own words: what it says is wrong, or its title.
func Said(description, title string) string {
	return plain.Short(cmp.Or(plain.Line(description), title), maxSaid)
}

// accountName is what AWS takes for the name of an account, but for what could pose as something else.
// Source: AWS Organizations, CreateAccount.
var accountName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N} ._+&'()/-]{0,49}$`)

// AccountName is a name of an account as a finding says it; empty where it is not one that AWS would take, so that
// nobody is told something else with it.
func AccountName(name string) string {
	if plain.Line(name) != name || !accountName.MatchString(name) {
		return ""
	}
	return name
}

// Asker is who led to the run, in words.
func (r *Run) Asker() string {
	if r.Granted() && r.Status != StatusAwaitingApproval { // which has another plan than the one that was approved
		return r.asker() + "; approved by " + r.Replied()
	}
	return r.asker()
}

func (r *Run) asker() string {
	switch r.Trigger {
	case TriggerImported:
		return "nobody in person: Security Hub reported it, and Salve took it up by itself"
	case TriggerClick:
		return "somebody who pressed " + r.button() + " in the console; AWS does not say who"
	case TriggerOperator:
		return r.Actor + ", at the command line"
	}
	return r.Actor
}

// button is the one whose click led to the run.
func (r *Run) button() string {
	switch {
	case r.Undoes != "":
		return "Salve: undo"
	case r.Key.Reads:
		return "Salve: plan"
	}
	return "Remediate"
}
