package share

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Budgets give out turns of what a configuration allows within an hour by the clock, UTC: the first runs of an hour
// begin at once, what is more waits for one of the hours after it and begins there at even distances, so that no full
// hour begins with a rush. It is safe for concurrent use.
type Budgets struct {
	marks *marks

	mu    sync.Mutex
	spare map[string][]time.Time // turns that came back, the earliest first
}

// NewBudgets returns budgets of which this process has seen nothing yet.
func NewBudgets(draws Draws) *Budgets {
	return &Budgets{marks: newMarks(draws), spare: map[string][]time.Time{}}
}

// fewPerHour is up to where turns are drawn one by one, and exactly: a process that ends loses none of them. Of more,
// a block is drawn at a time.
const fewPerHour = 360

// block is how many turns are drawn at a time, and how much of an hour they take together: whole seconds, as the
// ledger counts, and never too little.
func block(perHour int) (turns int, span time.Duration) {
	turns = 1
	if perHour > fewPerHour {
		turns = Block
	}
	seconds := (turns*int(window/time.Second) + perHour - 1) / perHour
	return turns, time.Duration(seconds) * time.Second
}

// Turn says when a run that is to be paid from the budget may begin: at once where that is not after now. PerHour is at
// least 1.
func (b *Budgets) Turn(ctx context.Context, key string, perHour int, now time.Time) (time.Time, error) {
	hour := now.Truncate(window)
	key = counted(key, perHour)
	if turn, ok := b.left(key, hour); ok {
		return atOnce(turn, hour, now), nil
	}
	turns, span := block(perHour)
	first, err := b.marks.draw(ctx, "budget#"+key, span, hour, ErrBudget)
	if err != nil {
		return time.Time{}, err
	}
	for i := 1; i < turns; i++ {
		b.back(key, first.Add(time.Duration(i)*span/time.Duration(turns)))
	}
	return atOnce(first, hour, now), nil
}

// atOnce lets what belongs to this hour begin now.
func atOnce(turn, hour, now time.Time) time.Time {
	if turn.Before(hour.Add(window)) {
		return now
	}
	return turn
}

// ErrBudget makes the message come again.
var ErrBudget = errors.New("others draw on the budget all the time")

// Back takes a turn back that no run has used.
func (b *Budgets) Back(key string, perHour int, turn time.Time) { b.back(counted(key, perHour), turn) }

// counted is the key of what counts. Another number begins anew: turns of the old one are as far apart as that said.
func counted(key string, perHour int) string { return key + "#" + strconv.Itoa(perHour) }

func (b *Budgets) back(key string, turn time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spare[key] = append(b.spare[key], turn)
	slices.SortFunc(b.spare[key], time.Time.Compare)
}

// left is a turn that came back. Those of hours that are over are lost: they would come on top of this one's.
func (b *Budgets) left(key string, hour time.Time) (time.Time, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.spare[key]) > 0 {
		turn := b.spare[key][0]
		b.spare[key] = b.spare[key][1:]
		if !turn.Before(hour) {
			return turn, true
		}
	}
	delete(b.spare, key)
	return time.Time{}, false
}
