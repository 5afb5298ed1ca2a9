package gate

import (
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/plain"
)

// openings is how often the end of one thing that stands in the way is the beginning of another before the answer is
// good enough: who waits asks again then.
const openings = 32

// matches tells that a window, a freeze or a calendar is about what is asked; if nobody can tell, the reason.
func (a About) matches(in Input) (bool, Reason) {
	of := func(pattern string) bool { return glob(strings.ToLower(pattern), strings.ToLower(in.Control.ID)) }
	if len(a.Controls) > 0 && !slices.ContainsFunc(a.Controls, of) {
		return false, ""
	}
	// A control that does not say what it does may do the worst.
	if impact := string(in.Control.Impact); len(a.Impact) > 0 && impact != "" && !slices.Contains(a.Impact, impact) {
		return false, ""
	}
	if len(a.Where) == 0 {
		return true, ""
	}
	at, reason := anyWhere(a.Where, in)
	return at >= 0, reason
}

// schedule is what of the document says when something may happen to what is asked.
type schedule struct {
	windows []hours
	freezes []frozen
}

// frozen is a freeze that can be asked.
type frozen struct {
	span
	why string
}

// schedule collects what is about the question; a reason is given where nobody can tell. What of a stored document
// cannot be read is a time that never comes.
func (in Input) schedule() (s schedule, windowed bool, reason Reason) {
	s.windows = make([]hours, 0, len(in.Config.Windows))
	for n := range in.Config.Windows {
		w := &in.Config.Windows[n]
		about, unknown := w.matches(in)
		switch {
		case unknown != "":
			return s, false, unknown
		case about:
			windowed = true
			if h, ok := in.Config.hoursOf(n); ok {
				s.windows = append(s.windows, h)
			}
		}
	}
	for n := range in.Config.Freezes {
		f := &in.Config.Freezes[n]
		about, unknown := f.matches(in)
		switch {
		case unknown != "":
			return s, false, unknown
		case about:
			at, ok := in.Config.spanOf(n)
			if !ok {
				at = span{in.Now, in.Now.Add(recheck)}
			}
			if at.to.After(in.Now) {
				s.freezes = append(s.freezes, frozen{at, f.Reason})
			}
		}
	}
	return s, windowed, ""
}

// timing says whether the time for a change has come. Where it has not, the decision is to ask again when it may have.
// People whose name is known have chosen their time themselves; a freeze binds them all the same, unless they say that
// they mean it. Calendars are asked about last: that takes a call.
func timing(in Input) (Decision, bool) {
	if in.button() == names.ActionUndo {
		return Decision{}, true // to take something back is the way out of trouble
	}
	s, windowed, reason := in.schedule()
	if reason != "" {
		return in.unknown(reason), false
	}
	windowed = windowed && in.Trigger != Operator
	d := Decision{}
	var at time.Time
	at, d.Reason, d.Detail = s.opens(in.Now, in.Now, windowed)
	if d.Reason == "" && in.Trigger == Operator {
		return d, true
	}
	if d.Reason == "" {
		return in.byCalendar(s, windowed)
	}
	if furthest := in.Now.Add(FurthestAhead); at.After(furthest) {
		at = furthest // no document that was checked says so, and what is stored of a run must have a time that can be stored
	}
	d.Verdict, d.Until, d.Lasts = Defer, at, s.lasts(at, windowed)
	if in.Trigger == Operator {
		d.Verdict = Refuse
	}
	return d, false
}

// opens is when it is open from an instant on, and what stands in the way at that instant.
func (s schedule) opens(now, from time.Time, windowed bool) (at time.Time, why Reason, detail string) {
	at = from
	for range openings {
		until, reason, text := s.closed(at, windowed)
		if reason == "" {
			break
		}
		if why == "" {
			why, detail = reason, text
		}
		if at = until; until.IsZero() {
			return now.Add(recheck), why, detail // nobody can tell when
		}
	}
	return at, why, detail
}

// closed says what stands in the way at an instant, and until when; nothing where it is open.
func (s schedule) closed(at time.Time, windowed bool) (until time.Time, why Reason, detail string) {
	for _, f := range s.freezes {
		if f.has(at) {
			return f.to, Frozen, f.why
		}
	}
	if !windowed {
		return until, "", ""
	}
	var next time.Time
	for _, w := range s.windows {
		open, ok := w.next(at)
		switch {
		case !ok:
		case open.has(at):
			return time.Time{}, "", ""
		case next.IsZero() || open.from.Before(next):
			next = open.from
		}
	}
	return next, OutsideWindow, ""
}

// lasts is how long it stays open from an instant on; zero where that has no end.
func (s schedule) lasts(at time.Time, windowed bool) time.Duration {
	var end time.Time
	if windowed {
		for _, w := range s.windows {
			if open, ok := w.next(at); ok && open.has(at) && open.to.After(end) {
				end = open.to
			}
		}
	}
	for _, f := range s.freezes {
		if f.from.After(at) && (end.IsZero() || f.from.Before(end)) {
			end = f.from
		}
	}
	if end.IsZero() {
		return 0
	}
	return end.Sub(at)
}

// ForPerson says whether a person may make a change now whose name is known: a refusal is what he has to answer for.
func ForPerson(in Input) Decision {
	in.Trigger = Operator
	if d, open := timing(in); !open {
		return d
	}
	return Decision{Verdict: Act, Reason: Allowed}
}

// Held says in words what a change waits for.
func (d Decision) Held() string {
	text, _, _ := strings.Cut(strings.TrimSuffix(d.Reason.Sentence(), "."), ". ")
	if detail := strings.TrimRight(plain.Short(d.Detail, maxReason), ". "); detail != "" {
		text += " (" + detail + ")"
	}
	return text
}

// Till says until when; nothing where nobody can tell.
func (d Decision) Till() string {
	if d.Until.IsZero() {
		return ""
	}
	return ", until " + plain.Minute(d.Until)
}

// WaitsFor says of a deferred change what it waits for, and when it goes on.
func (d Decision) WaitsFor() string {
	return d.Held() + ". It goes on from " + plain.Minute(d.Until) + " on."
}
