package run_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

const slotLease = 150 * time.Second

func slotNow() time.Time { return time.Date(2026, 3, 2, 10, 10, 0, 0, time.UTC) }

// taking asks for the one slot there is, by a clock.
func taking(s *run.Slots, id string, at time.Time) bool {
	next, taken := s.Take(run.SlotAsk{Run: id, Most: 1, Now: at, Lease: slotLease})
	s.List = next
	return taken
}

// TestSlots: as many have one as there are; who has one keeps it; what has begun gets one all the same.
func TestSlots(t *testing.T) {
	var s run.Slots
	ask := func(id string, force bool) bool {
		next, taken := s.Take(run.SlotAsk{Run: id, Most: 2, Force: force, Now: slotNow(), Lease: slotLease})
		s.List = next
		return taken
	}
	got := []bool{ask("a", false), ask("b", false), ask("c", false), ask("a", false), ask("d", true)}
	if d := cmp.Diff([]bool{true, true, false, true, true}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if len(s.List) != 3 {
		t.Errorf("%d have one", len(s.List))
	}
	s.List = s.GiveBack("a")
	if ask("c", false) {
		t.Error("there are fewer slots than runs that have one")
	}
	s.List = s.GiveBack("d")
	if !ask("c", false) {
		t.Error("what was given back is not free")
	}
}

// TestSlotOfTheDead: a slot whose run died is free within twice its lease, and not before its lease is over.
func TestSlotOfTheDead(t *testing.T) {
	var s run.Slots
	taking(&s, "dead", slotNow())
	for _, tc := range []struct {
		after time.Duration
		want  bool
	}{
		{slotLease - time.Second, false}, {slotLease, false}, {2*slotLease - time.Second, false}, {2 * slotLease, true},
	} {
		if got := taking(&s, "next", slotNow().Add(tc.after)); got != tc.want {
			t.Errorf("after %s: %v", tc.after, got)
		}
	}
}

// TestSlotAndClocks: a clock that is wrong, or jumps, frees no slot of a run that is at work, and keeps none for ever.
func TestSlotAndClocks(t *testing.T) {
	const hour = time.Hour
	t.Run("the asker's is ahead", func(t *testing.T) {
		var s run.Slots
		taking(&s, "at work", slotNow())
		for _, at := range []time.Duration{hour, hour + time.Minute, hour + 2*time.Minute} {
			if taking(&s, "ahead", slotNow().Add(at)) {
				t.Errorf("it has the slot %s after by its clock", at-hour)
			}
		}
		if taking(&s, "right", slotNow().Add(2*time.Minute)) {
			t.Error("it has the slot by the right clock")
		}
	})
	t.Run("it comes back to the right time", func(t *testing.T) {
		var s run.Slots
		taking(&s, "at work", slotNow())
		taking(&s, "ahead", slotNow().Add(hour))
		taking(&s, "right", slotNow().Add(time.Minute))
		if !s.List[0].Doubted.IsZero() {
			t.Error("the slot is doubted, and its lease is not over")
		}
	})
	t.Run("the owner's was ahead", func(t *testing.T) {
		var s run.Slots
		taking(&s, "dead", slotNow().Add(240*hour))
		taking(&s, "next", slotNow())
		if taking(&s, "next", slotNow().Add(slotLease-time.Second)) {
			t.Error("it is free at once")
		}
		if !taking(&s, "next", slotNow().Add(slotLease)) {
			t.Error("it is not free")
		}
	})
	t.Run("the doubter's was ahead", func(t *testing.T) {
		var s run.Slots
		taking(&s, "dead", slotNow())
		taking(&s, "ahead", slotNow().Add(240*hour))
		taking(&s, "next", slotNow().Add(slotLease))
		if !taking(&s, "next", slotNow().Add(2*slotLease)) {
			t.Error("it is kept until the wrong clock's time")
		}
	})
}
