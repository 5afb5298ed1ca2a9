package share

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// marks are how far something was drawn upon, as a process last saw it: most draws take one call of the ledger then.
type marks struct {
	draws Draws

	mu   sync.Mutex
	last map[string]time.Time
}

func newMarks(draws Draws) *marks { return &marks{draws: draws, last: map[string]time.Time{}} }

// draw takes a span that nobody else has, and returns where it begins. Lost is the error of who was too late each time.
func (m *marks) draw(ctx context.Context, key string, span time.Duration, now time.Time, lost error) (time.Time, error) {
	for range tries {
		mark, drawn, err := m.draws.Draw(ctx, key, span, now, m.seen(key))
		if err != nil {
			return time.Time{}, err
		}
		if err := sane(key, mark, now); err != nil {
			return time.Time{}, err
		}
		m.saw(key, mark)
		if drawn {
			return mark.Add(-span), nil
		}
	}
	return time.Time{}, lost
}

// furthest is how far ahead a mark may be: nobody has so much to do that more would wait for a turn.
const furthest = 366 * 24 * time.Hour

// sane refuses a mark that nobody has drawn up to: a clock was wrong, or somebody wrote it. Nothing is remembered of
// it, so that it counts at once when it is put right.
func sane(key string, mark, now time.Time) error {
	if mark.After(now.Add(furthest)) {
		return fmt.Errorf("the mark of share#%s is more than a year ahead: %w", key, run.ErrMark)
	}
	return nil
}

func (m *marks) seen(key string) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last[key]
}

func (m *marks) saw(key string, mark time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if mark.After(m.last[key]) {
		m.last[key] = mark
	}
}
