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
	Kin      []string // ids of controls that write the same on the resource
	Resource string
	Same     func(resource string) bool // see Control.Same
}

func (in Input) wish() Wish {
	return Wish{Control: in.Control.ID, Kin: in.Control.Kin, Resource: in.Finding.Resource.ID, Same: in.Control.Same}
}

// Excepting are the exceptions of a document for what somebody wants to write to, also those that have ended. An
// exception protects what is written, not a control's name.
func (c Config) Excepting(w Wish) []Exception {
	if c.index == nil {
		return w.excepted(c.Exceptions)
	}
	var out []Exception
	for _, i := range c.places(append([]string{w.Control}, w.Kin...)...) {
		if e := &c.Exceptions[i]; w.on(e.Resource) {
			out = append(out, *e)
		}
	}
	return out
}

func (w Wish) excepted(list []Exception) []Exception {
	var out []Exception
	for i := range list {
		of := func(id string) bool { return strings.EqualFold(list[i].Control, id) }
		if (of(w.Control) || slices.ContainsFunc(w.Kin, of)) && w.on(list[i].Resource) {
			out = append(out, list[i])
		}
	}
	return out
}

// on tells that an id, or a pattern of ids, is of what somebody wants to write to.
func (w Wish) on(resource string) bool {
	return glob(resource, w.Resource) || w.Same != nil && w.Same(resource)
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
	text := "An exception for " + plain.Short(e.Control, maxOwner) + " protects this resource"
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
