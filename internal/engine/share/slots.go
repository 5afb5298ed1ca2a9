package share

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// SlotBook keeps the slots of accounts and Regions. PutSlots stores them unless somebody else has since they were read;
// false says that. internal/ledger implements it.
type SlotBook interface {
	Slots(ctx context.Context, account, region string) (run.Slots, error)
	PutSlots(ctx context.Context, account, region string, s run.Slots, now time.Time) (bool, error)
}

// Slots bound how many runs write at the same time in an account and Region. It is safe for concurrent use.
type Slots struct {
	book  SlotBook
	marks *marks
}

// NewSlots returns slots that have seen nothing yet.
func NewSlots(book SlotBook, draws Draws) *Slots { return &Slots{book: book, marks: newMarks(draws)} }

const (
	// slotTries is how often slots are read again that somebody else has changed meanwhile.
	slotTries = 8
	// slotAgain is the least time until somebody asks again; those who wait ask one after the other, one a second, so
	// that thousands who wait leave the others their time.
	slotAgain = 5 * time.Second
)

// Take gives a run a slot, or says when it may ask again. A run that has one keeps it.
func (s *Slots) Take(ctx context.Context, account, region string, ask run.SlotAsk) (again time.Time, err error) {
	for range slotTries {
		stored, err := s.book.Slots(ctx, account, region)
		if err != nil {
			return time.Time{}, err
		}
		next, taken := stored.Take(ask)
		if !slices.Equal(next, stored.List) {
			written, err := s.book.PutSlots(ctx, account, region, run.Slots{List: next, Version: stored.Version}, ask.Now)
			if err != nil {
				return time.Time{}, err
			}
			if !written {
				continue
			}
		}
		if taken {
			return time.Time{}, nil
		}
		at, err := s.marks.draw(ctx, "slot#"+account+"#"+region, time.Second, ask.Now, errSlots)
		return at.Add(slotAgain), err
	}
	return time.Time{}, errSlots
}

// errSlots makes the run be tried again.
var errSlots = errors.New("others take and give slots of the account and Region all the time")

// GiveBack frees the slot of a run. One that cannot be given back is free once its lease is over.
func (s *Slots) GiveBack(ctx context.Context, account, region, id string, now time.Time) error {
	for range slotTries {
		stored, err := s.book.Slots(ctx, account, region)
		if err != nil {
			return err
		}
		next := stored.GiveBack(id)
		if len(next) == len(stored.List) {
			return nil
		}
		written, err := s.book.PutSlots(ctx, account, region, run.Slots{List: next, Version: stored.Version}, now)
		if written || err != nil {
			return err
		}
	}
	return errSlots
}
