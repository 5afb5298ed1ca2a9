package sweep

import (
	"context"
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
}

// readAgain is how long a reading that failed is left alone: AWS may have had enough of us.
const readAgain = 10 * time.Minute

// chart reads the organization anew where rules ask for it and an hour has passed. The first sweep after a push that
// begins to ask finds none, and reads it. What fails leaves the chart that is there, which counts for some hours.
func (s *Sweeper) chart(ctx context.Context) error {
	asks, err := s.Asks(ctx)
	if err != nil || !asks.Any() {
		return err
	}
	stored, err := s.Charts.Chart(ctx)
	if err != nil || !stored.Due(s.Now()) {
		return err
	}
	now := s.Now()
	// A process that died keeps the others off no longer than it could have lived.
	mine, err := s.Charts.ReserveChart(ctx, now, now.Add(s.Lease))
	if err != nil || !mine {
		return err
	}
	c, err := s.Organization.Chart(ctx, now)
	if err == nil {
		_, err = s.Charts.KeepChart(ctx, c, stored.Revision) // one that was read meanwhile is as good
	}
	if err == nil {
		return nil
	}
	s.Audit(ctx, audit.Line{Time: s.Now(), Event: audit.NotCharted, Error: err.Error()})
	ctx, cancel := run.Recording(ctx) // the invocation may be over
	defer cancel()
	if err := s.Charts.ChartFailed(ctx, fault.Cause(err), s.Now(), s.Now().Add(readAgain)); err != nil {
		return fmt.Errorf("after the organization could not be read: %w", err)
	}
	return nil
}
