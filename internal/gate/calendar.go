package gate

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Calendar is one of SSM Change Calendar. What it is about happens by itself only while it is open; where several are
// about it, while all of them are.
type Calendar struct {
	Name  string `json:"name" yaml:"name"` // of the hub's account and Region, or the ARN of any
	About `            yaml:",inline"`
}

// CalendarState is what AWS says of a calendar at a time.
type CalendarState struct {
	Open bool
	Next time.Time // when that changes; zero: nobody says
	Why  string    // why it is not known
}

// calendarShape is the name or ARN of a document of SSM that holds a calendar.
var calendarShape = regexp.MustCompile(
	`^(arn:aws[a-z-]*:ssm:[a-z0-9-]+:[0-9]{12}:document/)?[A-Za-z0-9_.-]{3,128}$`)

// Calendars are those that are about what is asked, once each.
func (in Input) Calendars() []string {
	names, _ := in.calendars()
	return names
}

// calendars also gives a reason where nobody can tell whether one is about it.
func (in Input) calendars() (names []string, reason Reason) {
	for n := range in.Config.Calendars {
		c := &in.Config.Calendars[n]
		about, unknown := c.matches(in)
		switch {
		case unknown != "":
			return nil, unknown
		case about && !slices.Contains(names, c.Name):
			names = append(names, c.Name)
		}
	}
	return names, ""
}

// byCalendar says whether all calendars are open that are about the change. One that nobody has read, or could read, is
// as good as closed, without an end.
func (in Input) byCalendar(s schedule, windowed bool) (Decision, bool) {
	names, reason := in.calendars()
	if reason != "" {
		return in.unknown(reason), false
	}
	d := Decision{}
	for _, name := range names {
		state, asked := in.Snapshots.Calendars[name]
		switch {
		case !asked:
			return refuse(UnknownCalendar), false
		case state.Why != "":
			return Decision{Verdict: Refuse, Reason: UnknownCalendar, Detail: name + ": " + state.Why}, false
		case state.Open:
			continue
		}
		next := state.Next
		if !next.After(in.Now) { // nobody says, or it should be open by now
			next = in.Now.Add(recheck)
		}
		if d.Reason == "" {
			d.Reason, d.Detail = CalendarClosed, name
		}
		if next.After(d.Until) {
			d.Until = next
		}
	}
	if d.Reason == "" {
		return d, true
	}
	d.Verdict = Defer
	d.Until, _, _ = s.opens(in.Now, d.Until, windowed)
	d.Lasts = s.lasts(d.Until, windowed)
	return d, false
}

func (v *checker) calendars(calendars []Calendar) {
	if calendars == nil {
		return
	}
	v.enforced(SectionWindows, "calendars")
	v.notEmpty("calendars", len(calendars))
	for i, c := range calendars {
		at := fmt.Sprintf("calendars[%d]", i)
		if !calendarShape.MatchString(c.Name) {
			v.add(at+".name", given(c.Name), "write the name of a calendar of the hub's account and Region, or its ARN, "+
				"which ends in :document/ and the name")
		}
		v.about(at, c.About)
	}
}
