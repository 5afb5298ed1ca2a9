package share

import (
	"context"
	"sync"
	"time"
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
		m.saw(key, mark)
		if drawn {
			return mark.Add(-span), nil
		}
	}
	return time.Time{}, lost
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
