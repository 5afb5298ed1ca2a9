package run

import (
	"slices"
	"time"
)

// Slot is a place among the runs that may write in an account and Region at the same time.
type Slot struct {
	Run   string    // that has it
	Until time.Time // when its lease ends, by the clock of who took it
	// Doubted is since when somebody takes the run for dead; zero where nobody does.
	Doubted time.Time
}

// SlotAsk asks for a slot.
type SlotAsk struct {
	Run   string
	Most  int  // slots there are
	Force bool // one more than that, if need be: what has begun is finished
	Now   time.Time
	Lease time.Duration
}

// Slots are those of an account and Region, as they are stored.
type Slots struct {
	List    []Slot
	Version int64 // counts how often they were written; 0 for never
}

// Take is what becomes of slots when somebody asks for one, and whether he has one then.
//
// One clock is not believed alone: a slot whose lease seems to be over, or to last longer than any, is doubted first,
// and free only a whole lease after that by the same clock's measure. So a clock that jumps frees none whose run may be
// at work, and none is kept for ever.
func (s Slots) Take(a SlotAsk) (next []Slot, taken bool) {
	mine := Slot{Run: a.Run, Until: a.Now.Add(a.Lease)}
	if at := slices.IndexFunc(s.List, func(o Slot) bool { return o.Run == a.Run }); at >= 0 {
		next = slices.Clone(s.List)
		next[at] = mine
		return next, true
	}
	for _, o := range s.List {
		if o.over(a) {
			continue // it is given to nobody: there may be fewer slots by now
		}
		switch {
		case !o.suspect(a):
			o.Doubted = time.Time{}
		case o.Doubted.IsZero() || o.Doubted.After(a.Now):
			o.Doubted = a.Now
		}
		next = append(next, o)
	}
	if len(next) < a.Most || a.Force {
		return append(next, mine), true
	}
	return next, false
}

// suspect tells that the lease seems to be over, or to last longer than any.
func (s Slot) suspect(a SlotAsk) bool {
	return !s.Until.After(a.Now) || s.Until.After(a.Now.Add(a.Lease))
}

// over tells that whoever had the slot has been taken for dead long enough.
func (s Slot) over(a SlotAsk) bool {
	return s.suspect(a) && !s.Doubted.IsZero() && !a.Now.Before(s.Doubted.Add(a.Lease))
}

// GiveBack are the slots without that of a run.
func (s Slots) GiveBack(id string) []Slot {
	return slices.DeleteFunc(slices.Clone(s.List), func(o Slot) bool { return o.Run == id })
}
