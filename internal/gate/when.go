package gate

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	_ "time/tzdata" // the function runs on an image without time zones: a window must not depend on where it is read
)

// Window is a time of the week in which what it is about may happen. Of what some window is about, nothing happens by
// itself outside of all of them.
type Window struct {
	Days  []string `json:"days" yaml:"days"` // on which it begins
	From  string   `json:"from" yaml:"from"`
	To    string   `json:"to"   yaml:"to"` // of the next day where it is not after From; 24:00 is the end of the day
	TZ    string   `json:"tz"   yaml:"tz"`
	About `                     yaml:",inline"`
}

// About is what a window, a freeze or a calendar is about: what is given must all match. Nothing given is everything.
type About struct {
	Controls []string `json:"controls,omitempty" yaml:"controls"`
	Where    []Where  `json:"where,omitempty"    yaml:"where"`
	Impact   []string `json:"impact,omitempty"   yaml:"impact"`
}

// Freeze is a time in which nothing of what it is about happens by itself, and a person has to say that he means it.
type Freeze struct {
	From   string `json:"from"   yaml:"from"` // a day, or a day and a time: 2026-12-20 18:00
	To     string `json:"to"     yaml:"to"`   // a day is frozen to its end
	TZ     string `json:"tz"     yaml:"tz"`
	Reason string `json:"reason" yaml:"reason"`
	About  `                     yaml:",inline"`
}

const (
	minuteShape = "2006-01-02 15:04"
	lastMinute  = 24 * 60
)

var (
	clock    = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
	clockEnd = regexp.MustCompile(`^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`)
)

// span is the time from one instant to another.
type span struct{ from, to time.Time }

// has tells that the span holds an instant. Its end is outside.
func (s span) has(at time.Time) bool { return !at.Before(s.from) && at.Before(s.to) }

// hours is a window that can be asked.
type hours struct {
	days     [7]bool
	from, to int // minutes of the day; to is more than a day's where the window ends on the next one
	zone     *time.Location
}

// hours reads a window.
func (w Window) hours() (hours, error) {
	var h hours
	if !clock.MatchString(w.From) || !clockEnd.MatchString(w.To) {
		return h, fmt.Errorf("a window from %q to %q", w.From, w.To)
	}
	zone, err := zoneOf(w.TZ)
	if err != nil {
		return h, err
	}
	for _, day := range w.Days {
		n := strings.Index("sunmontuewedthufrisat", day)
		if len(day) != 3 || n < 0 || n%3 != 0 {
			return h, fmt.Errorf("a window on %q", day)
		}
		h.days[n/3] = true
	}
	h.from, h.to, h.zone = minutes(w.From), minutes(w.To), zone
	if h.to <= h.from {
		h.to += lastMinute
	}
	return h, nil
}

func minutes(text string) int {
	return (int(text[0]-'0')*10+int(text[1]-'0'))*60 + int(text[3]-'0')*10 + int(text[4]-'0')
}

// zoneOf is a time zone of the list of IANA. The machine's own is none: it differs from one to the next.
func zoneOf(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("time zone %q", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w", name, err)
	}
	return zone, nil
}

// on is the window that begins on a day; false where there is none. On a day on which clocks change it is opened by the
// first instant at which the clock shows its beginning or more, and closed by the first one from then on at which it
// shows its end or more. So one that the clock leaves out is none, and one that it shows twice is open once.
func (h hours) on(year int, month time.Month, day int) (span, bool) {
	if !h.days[time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Weekday()] {
		return span{}, false
	}
	at := func(minute int) time.Time {
		return first(time.Date(year, month, day, 0, minute, 0, 0, time.UTC), h.zone)
	}
	s := span{at(h.from), at(h.to)}
	return s, s.from.Before(s.to)
}

// furthest is how many days are looked at for the next window: a week, and one more for each that a clock leaves out.
const furthest = 16

// next is the window that an instant is in, or the next one; false where there is none.
func (h hours) next(at time.Time) (span, bool) {
	year, month, day := at.In(h.zone).Date()
	for n := -1; n < furthest; n++ { // one of the day before may be open yet
		if s, ok := h.on(year, month, day+n); ok && s.to.After(at) {
			return s, true
		}
	}
	return span{}, false
}

// first is the first instant at which clocks of a zone show a time, given as one of UTC, or more.
func first(shown time.Time, zone *time.Location) time.Time {
	const around = 36 * time.Hour // more than any zone is away from UTC, or a change of clocks from the time
	offset := func(at time.Time) time.Duration {
		_, seconds := at.In(zone).Zone()
		return time.Duration(seconds) * time.Second
	}
	before, after := offset(shown.Add(-around)), offset(shown.Add(around))
	early, late := shown.Add(-max(before, after)), shown.Add(-min(before, after))
	for _, at := range []time.Time{early, late} {
		if offset(at) == shown.Sub(at) {
			return at.UTC()
		}
	}
	start, _ := late.In(zone).ZoneBounds() // the clock went past it
	return start.UTC()
}

// span reads a freeze.
func (f Freeze) span() (span, error) {
	zone, err := zoneOf(f.TZ)
	if err != nil {
		return span{}, err
	}
	from, _, err := instant(f.From)
	if err != nil {
		return span{}, err
	}
	to, whole, err := instant(f.To)
	if err != nil {
		return span{}, err
	}
	if whole {
		to = to.AddDate(0, 0, 1)
	}
	s := span{first(from, zone), first(to, zone)}
	if !s.from.Before(s.to) {
		return s, fmt.Errorf("a freeze from %s to %s", f.From, f.To)
	}
	return s, nil
}

// instant reads a day, or a day and a time, as clocks show it.
func instant(text string) (at time.Time, whole bool, err error) {
	if at, err = time.Parse(time.DateOnly, text); err == nil {
		return at, true, nil
	}
	if at, err = time.Parse(minuteShape, text); err != nil {
		return at, false, fmt.Errorf("read a time: %w", err)
	}
	return at, false, nil
}
