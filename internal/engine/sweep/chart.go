package sweep

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// Charts keeps the organization as it was read. internal/ledger implements it.
type Charts interface {
	Chart(ctx context.Context) (gate.Charted, error)
	ReserveChart(ctx context.Context, now, until time.Time) (bool, error)
	KeepChart(ctx context.Context, c gate.Chart, over int64) (bool, error)
	ChartFailed(ctx context.Context, why string, now, next time.Time) error
}

// Organization reads the organization. internal/around implements it.
type Organization interface {
	Chart(ctx context.Context, now time.Time) (gate.Chart, error)
	// Tags are those of accounts. Beside an error are those that were read before it.
	Tags(ctx context.Context, accounts []string) (map[string]map[string]string, error)
}

// readAgain is how long a reading that failed is left alone: AWS may have had enough of us.
const readAgain = 10 * time.Minute

// tagsAtOnce is how many accounts a sweep reads the tags of: AWS allows some ten calls a second, one for each.
const tagsAtOnce = 300

// chart reads the organization anew where rules ask for it and an hour has passed. The first sweep after a push that
// begins to ask finds none, and reads it. What fails leaves the chart that is there, which counts for some hours.
func (s *Sweeper) chart(ctx context.Context) error {
	asks, err := s.Asks(ctx)
	if err != nil || !asks.Any() {
		return err
	}
	stored, err := s.Charts.Chart(ctx)
	now := s.Now()
	if err != nil || !stored.Due(asks, now) {
		return err
	}
	// A process that died keeps the others off no longer than it could have lived.
	mine, err := s.Charts.ReserveChart(ctx, now, now.Add(s.Lease))
	if err != nil || !mine {
		return err
	}
	c, err := s.read(ctx, stored, asks, now)
	recording, cancel := run.Recording(ctx) // the invocation may be over
	defer cancel()
	if c != nil {
		_, failed := s.Charts.KeepChart(recording, *c, stored.Revision) // one that was read meanwhile is as good
		err = errors.Join(err, failed)
	}
	if err == nil {
		return nil
	}
	s.Audit(ctx, audit.Line{Time: s.Now(), Event: audit.NotCharted, Error: err.Error()})
	if err := s.Charts.ChartFailed(recording, fault.Cause(err), s.Now(), s.Now().Add(readAgain)); err != nil {
		return fmt.Errorf("after the organization could not be read: %w", err)
	}
	return nil
}

// read reads the units, or where they are fresh, tags of accounts: sweep after sweep, until all are. Nil: there is
// nothing new.
func (s *Sweeper) read(ctx context.Context, stored gate.Charted, asks gate.Asks, now time.Time) (*gate.Chart, error) {
	if stored.Stale(now) {
		c, err := s.Organization.Chart(ctx, now)
		if err != nil {
			return nil, fmt.Errorf("read the organization: %w", err)
		}
		c = c.With(stored.Chart)
		return &c, nil
	}
	c := stored.Chart.Asking(asks)
	tags, err := s.Organization.Tags(ctx, c.Untagged(now, tagsAtOnce))
	if err != nil {
		err = fmt.Errorf("read the tags of accounts: %w", err)
	}
	if len(tags) == 0 {
		return nil, err
	}
	return c.Tagging(tags, now), err
}
