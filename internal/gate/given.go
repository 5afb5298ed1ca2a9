package gate

import (
	"errors"
	"maps"
	"slices"
	"time"
)

// Given is an exception that somebody made by hand: beside the document, where no push takes it away.
type Given struct {
	Exception        // with its id
	By        string // ARN of who made it; empty where the owner of the resource asked for it by a tag, see Asked
	Since     time.Time
	Ended     time.Time // when somebody ended it before its last day
	EndedBy   string
	Unread    bool // it cannot be read, and holds for whatever it might be about
}

// Bounds of exceptions by hand: all of them are read every half minute.
const (
	MostGiven   = 5000
	LongestDays = 366 // from today to the last day
	KeptEnded   = 90 * 24 * time.Hour
)

// ErrTaken says that there is an exception with the id.
var ErrTaken = errors.New("there is an exception of that id already")

// Holds tells that it protects at a time.
func (g Given) Holds(now time.Time) bool { return g.Ended.IsZero() && g.Active(now) }

// Over is when it ends, or ended; zero for never.
func (g Given) Over() time.Time {
	if g.Ended.IsZero() {
		return g.Ends()
	}
	return g.Ended
}

// With is the overlay with the exceptions among these that nobody has ended.
func (o Overlay) With(list []Given) Overlay {
	o.Exceptions = slices.Clone(o.Exceptions)
	o.asked, o.askedIn = map[string]Given{}, map[string]int{}
	for _, g := range list {
		switch {
		case g.Asked() && !g.Unread: // it holds while the tag is there
			o.asked[g.ID] = g
			o.askedIn[g.Account]++
		case g.Ended.IsZero():
			o.Exceptions = append(o.Exceptions, g.Exception)
		}
	}
	return o.indexed()
}

// Asked are the exceptions that owners have asked for by a tag, and nobody has ended.
func (o Overlay) Asked() []Exception {
	var out []Exception
	for _, id := range slices.Sorted(maps.Keys(o.asked)) {
		if g := o.asked[id]; g.Ended.IsZero() {
			out = append(out, g.Exception)
		}
	}
	return out
}
