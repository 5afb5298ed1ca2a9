package wire

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/ledger"
)

// ConfigAge is how long a configuration is used before it is read again.
const ConfigAge = 30 * time.Second

// cached is the configuration, and what stands in its way, as they were a short
// while ago. They are one item, so they cost one call, and the exceptions that
// people made by hand cost one more.
type cached struct {
	book ledger.Ledger
	now  func() time.Time

	mu     sync.Mutex
	read   time.Time
	config gate.Config
	over   gate.Overlay
}

// get returns the configuration that holds.
func (c *cached) get(ctx context.Context) (gate.Config, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.refresh(ctx); err != nil {
		return gate.Config{}, err
	}
	return c.config, nil
}

// Overlay returns what people and the engine have put on top of the configuration.
func (c *cached) Overlay(ctx context.Context) (gate.Overlay, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.refresh(ctx); err != nil {
		return gate.Overlay{}, err
	}
	return c.over, nil
}

// Trip stores a stop of the engine and returns the one that holds then. This
// process hears of it at once, the others when what they have read is too old.
func (c *cached) Trip(ctx context.Context, s gate.Stop, now time.Time) (gate.Stop, error) {
	held, err := c.book.Trip(ctx, s, now)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = time.Time{} // after an error too: the answer may have been lost
	return held, err
}

// refresh fails closed: a configuration that cannot be read or understood is an
// error, and its message comes again.
func (c *cached) refresh(ctx context.Context) error {
	// A clock that was put back makes nothing young.
	if age := c.now().Sub(c.read); !c.read.IsZero() && age >= 0 && age < ConfigAge {
		return nil
	}
	stored, err := c.book.Settings(ctx)
	if err != nil {
		return err
	}
	config, err := stored.Config()
	if err != nil {
		return fmt.Errorf("stored configuration: %w", err)
	}
	given, err := c.book.Given(ctx)
	if err != nil {
		return err
	}
	c.read, c.config, c.over = c.now(), config.Prepared(), stored.Overlay().With(given)
	return nil
}
