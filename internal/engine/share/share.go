// Package share keeps one account from taking the engine's time from the others: so many runs an hour may begin in
// it. What is more waits for its turn.
package share

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	// PerHour is how many runs of imported findings an account may begin within an hour, all at once if they come so;
	// then one begins every second. The function begins 40 and more a second with the concurrency it is deployed with,
	// so that an account which asks without end leaves nearly all of it to the others; and an account with thousands of
	// findings, on the day its controls are switched on, does not wait.
	PerHour = 3600
	// Block is how many turns a process takes at a time: one call of the ledger for as many runs.
	Block = 10

	window = time.Hour
	each   = window / PerHour
)

// Draws keeps how far accounts, and what else is shared out by time, have drawn on their share. Seen is where the mark
// was last seen: where that leads to a wrong guess nothing is drawn. internal/ledger implements it.
type Draws interface {
	Draw(ctx context.Context, account string, span time.Duration, now, seen time.Time) (
		mark time.Time, drawn bool, err error)
}

// Share gives out turns. It outlives an invocation, so that a process uses up the block it has taken: what is left of
// it when the process ends is lost. It is safe for concurrent use.
type Share struct {
	draws Draws

	mu       sync.Mutex
	accounts map[string]*account
}

// account is what a process has of an account's share.
type account struct {
	mu    sync.Mutex
	mark  time.Time     // how far it was drawn upon when we last saw it
	debt  time.Duration // given out and not drawn yet
	turns []time.Time   // not given out yet, the earliest first
}

// New returns a share of which this process has no turns yet.
func New(draws Draws) *Share { return &Share{draws: draws, accounts: map[string]*account{}} }

// Turn says when a new run of the account may begin: at once where that is not after now.
func (s *Share) Turn(ctx context.Context, id string, now time.Time) (time.Time, error) {
	a := s.of(id)
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.turns) == 0 {
		mark, err := s.block(ctx, id, a, now)
		if err != nil {
			return time.Time{}, err
		}
		for i := range Block {
			a.turns = append(a.turns, mark.Add(time.Duration(i+1-Block)*each-window))
		}
	}
	turn := a.turns[0]
	a.turns = a.turns[1:]
	return turn, nil
}

// tries is how often a share that is nearly used up is drawn on: other processes draw on it too.
const tries = 5

// block takes as many turns as a block has and returns where the mark stands after them. While half of the share is
// left, a wrong guess of where it stood is no reason for another call: what was given out is drawn with the next
// block.
func (s *Share) block(ctx context.Context, id string, a *account, now time.Time) (time.Time, error) {
	for range tries {
		mark, drawn, err := s.draws.Draw(ctx, id, Block*each+a.debt, now, a.mark)
		if err != nil {
			return time.Time{}, err
		}
		if err := sane(id, mark, now); err != nil {
			return time.Time{}, err
		}
		a.mark = mark
		if drawn {
			a.debt = 0
			return mark, nil
		}
		if mark.Before(now.Add(window / 2)) {
			a.debt += Block * each
			return now.Add(window / 2), nil
		}
	}
	return time.Time{}, errDrawn
}

// errDrawn makes the message come again.
var errDrawn = errors.New("others draw on the account's share all the time")

// Back takes a turn back that no run has used.
func (s *Share) Back(id string, turn time.Time) {
	a := s.of(id)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turns = append(a.turns, turn)
	slices.SortFunc(a.turns, time.Time.Compare)
}

func (s *Share) of(id string) *account {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[id]
	if a == nil {
		a = &account{}
		s.accounts[id] = a
	}
	return a
}
