package share_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/share"
	"github.com/salve-security/salve/internal/ledger/memory"
	"github.com/salve-security/salve/internal/run"
)

func slotFor(id string, most int) run.SlotAsk {
	return run.SlotAsk{Run: id, Most: most, Now: now(), Lease: 150 * time.Second}
}

// TestSlotsOfManyProcesses: however many ask at once, no more have a slot than there are; who has none asks again,
// one after the other.
func TestSlotsOfManyProcesses(t *testing.T) {
	book := memory.New()
	var all sync.WaitGroup
	var taken atomic.Int64
	var later sync.Map
	for n := range 12 {
		all.Go(func() {
			s := share.NewSlots(book, book)
			again, err := s.Take(t.Context(), "a", "eu-west-1", slotFor(fmt.Sprint("r", n), 3))
			switch {
			case err != nil: // the run is tried again
			case again.IsZero():
				taken.Add(1)
			default:
				if _, twice := later.LoadOrStore(again, true); twice || again.Before(now().Add(5*time.Second)) {
					t.Errorf("another one asks again at %s too, or that is too soon", again)
				}
			}
		})
	}
	all.Wait()
	stored, err := book.Slots(t.Context(), "a", "eu-west-1")
	if err != nil || taken.Load() > 3 || len(stored.List) != int(taken.Load()) {
		t.Errorf("%d taken, %d stored, %v", taken.Load(), len(stored.List), err)
	}
}

// TestSlotsOfOthers: each account and Region has its own.
func TestSlotsOfOthers(t *testing.T) {
	book := memory.New()
	if _, err := share.NewSlots(book, book).Take(t.Context(), "a", "eu-west-1", slotFor("r", 1)); err != nil {
		t.Fatal(err)
	}
	for _, other := range [][2]string{{"b", "eu-west-1"}, {"a", "us-east-1"}} {
		again, err := share.NewSlots(book, book).Take(t.Context(), other[0], other[1], slotFor("x", 1))
		if err != nil || !again.IsZero() {
			t.Errorf("%v waits until %s, %v", other, again, err)
		}
	}
}

// TestSlotGivenBack: it is free at once; to give it back twice does no harm.
func TestSlotGivenBack(t *testing.T) {
	book := memory.New()
	s := share.NewSlots(book, book)
	for n := range 3 {
		id := fmt.Sprint("r", n)
		if again, err := s.Take(t.Context(), "a", "r", slotFor(id, 1)); err != nil || !again.IsZero() {
			t.Fatalf("%s waits until %s, %v", id, again, err)
		}
		for range 2 {
			if err := s.GiveBack(t.Context(), "a", "r", id, now()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestNoSlotWithoutTheLedger: nobody writes by a slot that is not stored.
func TestNoSlotWithoutTheLedger(t *testing.T) {
	book, down := memory.New(), errors.New("down")
	book.Before = func(context.Context, string) error { return down }
	if _, err := share.NewSlots(book, book).Take(t.Context(), "a", "r", slotFor("x", 1)); !errors.Is(err, down) {
		t.Errorf("error %v", err)
	}
}
