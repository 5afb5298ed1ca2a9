package share

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Starts gives out the seconds in which something may be started in an account and Region: SSM Automation takes one
// start a second there, whoever asks. It is safe for concurrent use.
// Source: AWS General Reference, Systems Manager endpoints and quotas.
type Starts struct {
	draws Draws

	mu    sync.Mutex
	marks map[string]time.Time // where we last saw them
}

// NewStarts returns starts that have seen nothing yet.
func NewStarts(draws Draws) *Starts { return &Starts{draws: draws, marks: map[string]time.Time{}} }

// everyStart is the time between two starts.
const everyStart = time.Second

// Next takes the next second that nobody has: at once where that is not after now.
func (s *Starts) Next(ctx context.Context, account, region string, now time.Time) (time.Time, error) {
	key := "start#" + account + "#" + region
	for range tries {
		mark, drawn, err := s.draws.Draw(ctx, key, everyStart, now, s.seen(key))
		if err != nil {
			return time.Time{}, err
		}
		s.saw(key, mark)
		if drawn {
			return mark.Add(-everyStart), nil
		}
	}
	return time.Time{}, errStarts
}

// errStarts makes the run be tried again: who loses every time has the counter wrong, or no second is free.
var errStarts = errors.New("others start runbooks in the account and Region all the time")

func (s *Starts) seen(key string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.marks[key]
}

func (s *Starts) saw(key string, mark time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if mark.After(s.marks[key]) {
		s.marks[key] = mark
	}
}
