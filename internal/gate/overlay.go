package gate

import (
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/names"
)

// Overlay is what people and the engine have put on top of the document by hand. It only tightens, and a push
// of the document leaves it alone; but for the rings of controls, which widen no more than the document does.
type Overlay struct {
	Stops      []Stop
	Disables   []Disable
	Holds      []Hold
	Exceptions []Exception
	// Moved are the rings of controls that have been moved, and Modes the versions that last changed the mode of an entry;
	// both by small letters.
	Moved map[string]Moved
	Modes map[string]int64

	byControl map[string][]Exception // Exceptions, see indexed; nil where nobody made it
	asked     map[string]Given       // by owners, by their ids
	askedIn   map[string]int         // how many of an account
}

// Origin says who put an item there, why, and until when; the zero time means until it is taken away.
type Origin struct {
	Owner   string
	Reason  string
	Expires time.Time
}

// Stop is the kill switch, of everything, of one control, or of one control in one account.
type Stop struct {
	Origin
	Control string // empty: everything
	Account string // empty: all of them
	Since   time.Time
}

// Everything tells that the stop is not about one control.
func (s Stop) Everything() bool { return s.Control == "" }

// Again is when work that waits for the end of the stop looks again.
func (s Stop) Again(now time.Time) time.Time {
	if next := now.Add(recheck); s.Expires.IsZero() || next.Before(s.Expires) {
		return next
	}
	return s.Expires
}

// Stopped returns the stop that holds for a control in an account now. The widest comes first: with a narrower one
// lifted it would still hold.
func (o Overlay) Stopped(control, account string, now time.Time) (Stop, bool) {
	var found Stop
	var held bool
	for _, s := range o.Stops {
		switch {
		case !s.Active(now) || !s.Everything() && !strings.EqualFold(s.Control, control):
		case s.Account != "" && s.Account != account:
		case s.Everything() && s.Account == "":
			return s, true
		case !held, s.Account == "":
			found, held = s, true
		}
	}
	return found, held
}

// HeldBack tells that somebody, or the breaker, keeps a control from acting somewhere now, by a stop or by hand.
func (o Overlay) HeldBack(c Control, now time.Time) bool {
	stopped := func(s Stop) bool { return s.Active(now) && (s.Everything() || strings.EqualFold(s.Control, c.ID)) }
	disabled := func(d Disable) bool { return d.Active(now) && d.about(c) }
	return slices.ContainsFunc(o.Stops, stopped) || slices.ContainsFunc(o.Disables, disabled)
}

// Hold keeps the engine from one resource, after an undo or when something keeps reverting a fix.
type Hold struct {
	Origin
	Control  string
	Account  string
	Resource string
}

// recheck is how soon waiting work looks again whether a stop without an end is gone.
const recheck = 15 * time.Minute

// Active holds until the end, and without an end for good.
func (o Origin) Active(now time.Time) bool { return o.Expires.IsZero() || now.Before(o.Expires) }

func (o Origin) detail() string {
	return strings.TrimSuffix(o.Owner+": "+o.Reason, ": ")
}

func (o Origin) refuse(reason Reason) Decision {
	return Decision{Verdict: Refuse, Reason: reason, Until: o.Expires, Detail: o.detail()}
}

// stops hold everybody back, the operator too. Work that waits goes on waiting; the rest must be asked for again.
func stops(in Input) (Decision, bool) {
	stop, stopped := in.Overlay.Stopped(in.Control.ID, in.Finding.Account, in.Now)
	if !stopped {
		return Decision{}, true
	}
	d := stop.refuse(Stopped)
	if in.Trigger == Check {
		d.Verdict, d.Until = Defer, stop.Again(in.Now)
	}
	return d, false
}

// exceptions bind everybody, by whatever control they want to write. To take a fix back is what an exception wants.
func exceptions(in Input) (Decision, bool) {
	if in.button() == names.ActionUndo {
		return Decision{}, true
	}
	wish := in.wish()
	for _, list := range [][]Exception{in.Config.Excepting(wish), in.Overlay.Excepting(wish)} {
		for _, e := range list {
			if e.Active(in.Now) {
				return e.origin().refuse(Excepted), false
			}
		}
	}
	return Decision{}, true
}

// origin treats an exception made by hand like the other items; one without a last day does not end.
func (e Exception) origin() Origin {
	o := Origin{Owner: e.Owner, Reason: strings.TrimSpace(e.Reason + " " + e.Ticket)}
	if !e.Expires.Day.IsZero() {
		o.Expires = e.Expires.End()
	}
	return o
}

// holds keep fixes off: they bind the engine and clicks, which could be anybody's; an operator says who he is.
func holds(in Input) (Decision, bool) {
	for _, hold := range in.Overlay.Holds {
		if in.Trigger != Operator && !in.aside() && hold.Active(in.Now) && hold.covers(in.Control.ID, in.Finding) {
			return hold.refuse(OnHold), false
		}
	}
	return Decision{}, true
}

func (h Hold) covers(control string, f finding.Finding) bool {
	return strings.EqualFold(h.Control, control) && h.Account == f.Account && h.Resource == f.Resource.ID
}
