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
func (c Config) Excepting(w Wish) []Exception {
	if c.index == nil {
		return w.excepted(c.Exceptions)
	}
	return c.index.exceptions.Excepting(w)
}

// Excepting are those that people made by hand.
func (o Overlay) Excepting(w Wish) []Exception {
	if o.byControl == nil {
		return w.excepted(o.Exceptions)
	}
	out := w.excepted(o.byControl[allControls])
	for _, id := range append([]string{w.Control}, w.Kin...) {
		out = append(out, w.excepted(o.byControl[strings.ToLower(id)])...)
	}
	return out
}

// indexed is the overlay with its exceptions by the control that they name, as long as it is one: there may be
// thousands, and each decision asks for those of a few controls.
func (o Overlay) indexed() Overlay {
	o.byControl = map[string][]Exception{}
	for _, e := range o.Exceptions {
		key := allControls
		if !e.Several() {
			key = strings.ToLower(e.Control)
		}
		o.byControl[key] = append(o.byControl[key], e)
	}
	return o
}

func (w Wish) excepted(list []Exception) []Exception {
	var out []Exception
	for i := range list {
		e := &list[i] // there may be thousands, and each decision asks them all
		at := e.at(w)
		switch {
		case !at && (w.Same == nil || e.Resource == "" || !e.in(w.Account)):
		case !e.Names(w.Control) && !slices.ContainsFunc(w.Kin, e.Names):
		case at, w.Same(e.Resource):
			out = append(out, *e)
		}
	}
	return out
}

// Names tells that an exception names a control, by its id or by a pattern.
func (e *Exception) Names(id string) bool {
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
func (e *Exception) Several() bool { return strings.ContainsAny(e.Control, ",*?") }

// at tells that it is about what is to be written to.
func (e *Exception) at(w Wish) bool {
	switch {
	case !e.in(w.Account):
		return false
	case e.Resource == "":
		return e.Account != ""
	}
	return glob(e.Resource, w.Resource)
}

// in tells that it holds in an account.
func (e *Exception) in(account string) bool { return e.Account == "" || e.Account == account }

// Covers tells that it protects a resource of an account from a control that it names itself.
func (e *Exception) Covers(control, account, resource string) bool {
	return e.at(Wish{Account: account, Resource: resource}) && e.Names(control)
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
