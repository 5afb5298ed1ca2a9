package enginetest

import (
	"context"
	"sync"
	"time"
)

// Clock moves when it is told to, and when somebody sleeps.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock is a clock that stands at a time.
func NewClock(at time.Time) *Clock { return &Clock{now: at} }

// Now is the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Move lets time pass.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Sleep takes no time. A process that has died does not sleep any more.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() == nil {
		c.Move(d)
	}
	return ctx.Err()
}
