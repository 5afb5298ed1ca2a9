package gate

import (
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/plain"
)

// Wish is what somebody wants to write to: a resource, by a control.
type Wish struct {
	Control  string
	Account  string
	Kin      []string // ids of controls that write the same on the resource
	Resource string
	Same     func(resource string) bool // see Control.Same
}

func (in Input) wish() Wish {
	return Wish{
		Control: in.Control.ID, Account: in.Finding.Account, Kin: in.Control.Kin, Resource: in.Finding.Resource.ID,
		Same: in.Control.Same,
	}
}

// Excepting are the exceptions of a document for what somebody wants to write to, also those that have ended. An
// exception protects what is written, not a control's name.
func (c Config) Excepting(w Wish) []Exception { return w.excepted(c.Exceptions) }

// Excepting are those that people made by hand.
func (o Overlay) Excepting(w Wish) []Exception { return w.excepted(o.Exceptions) }

func (w Wish) excepted(list []Exception) []Exception {
	var out []Exception
	for _, e := range list {
		if (e.Names(w.Control) || slices.ContainsFunc(w.Kin, e.Names)) && e.at(w) {
			out = append(out, e)
		}
	}
	return out
}

// Names tells that an exception names a control, by its id or by a pattern.
func (e Exception) Names(id string) bool {
	if !e.Several() {
		return strings.EqualFold(e.Control, id)
	}
	for name := range strings.SplitSeq(e.Control, ",") {
		if name = strings.TrimSpace(name); name == allControls || plain.Like(name, id) {
			return true
		}
	}
	return false
}

// allControls is the name of all of them.
const allControls = "*"

// Several tells that it is not about one control.
func (e Exception) Several() bool { return strings.ContainsAny(e.Control, ",*?") }

// at tells that it is about what is to be written to.
func (e Exception) at(w Wish) bool {
	switch {
	case e.Account != "" && e.Account != w.Account:
		return false
	case e.Resource == "":
		return e.Account != ""
	}
	return glob(e.Resource, w.Resource) || w.Same != nil && w.Same(e.Resource)
}

// Covers tells that it protects a resource of an account from a control that it names itself.
func (e Exception) Covers(control, account, resource string) bool {
	return e.Names(control) && e.at(Wish{Account: account, Resource: resource})
}

// Active tells that an exception protects at a time. One without a last day does not end.
func (e Exception) Active(now time.Time) bool { return e.origin().Active(now) }

// Ends is the first moment after the last day; zero where there is none.
func (e Exception) Ends() time.Time { return e.origin().Expires }

// LastDay is the last day, such as 2027-03-31; empty where there is none.
func (e Exception) LastDay() string {
	if e.Expires.Day.IsZero() {
		return ""
	}
	return e.Expires.Day.Format(time.DateOnly)
}

// Sentence says what protects a resource, until when, why, and who answers for it.
func (e Exception) Sentence() string {
	what := plain.Short(e.Control, maxOwner)
	if e.Control == allControls {
		what = "all controls"
	}
	text := "An exception for " + what + " protects this resource"
	if day := e.LastDay(); day != "" {
		text += " until the end of " + day + " (UTC)"
	}
	owner := plain.Short(e.Owner, maxOwner)
	if owner == "" {
		owner = "nobody known"
	}
	if ticket := plain.Short(e.Ticket, maxOwner); ticket != "" {
		owner += ", ticket " + ticket
	}
	text += " (owner " + owner + ")"
	if reason := strings.TrimRight(plain.Short(e.Reason, maxReason), ". "); reason != "" {
		text += ": " + reason
	}
	return text
}
