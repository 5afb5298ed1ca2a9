package memory

import (
	"context"
	"maps"
	"time"

	"github.com/salve-security/salve/internal/gate"
)

// Chart returns what is stored of the organization.
func (l *Ledger) Chart(ctx context.Context) (gate.Charted, error) {
	return call(ctx, l, "Chart", func() (gate.Charted, error) {
		c := l.charted
		if c.Chart != nil {
			chart := sole(*c.Chart)
			c.Chart = &chart
		}
		return c, nil
	})
}

// sole is a chart that nobody shares.
func sole(c gate.Chart) gate.Chart {
	c.Above, c.Tags = maps.Clone(c.Above), maps.Clone(c.Tags)
	return c
}

// ReserveChart gives the reading of the organization to one process until a time.
func (l *Ledger) ReserveChart(ctx context.Context, now, until time.Time) (bool, error) {
	return call(ctx, l, "ReserveChart", func() (bool, error) {
		if l.reading > now.Unix() && l.reading <= now.Add(gate.LongestReading).Unix() {
			return false, nil
		}
		l.reading = until.Unix()
		return true, nil
	})
}

// KeepChart stores a chart in place of the one with a revision.
func (l *Ledger) KeepChart(ctx context.Context, c gate.Chart, over int64) (bool, error) {
	return call(ctx, l, "KeepChart", func() (bool, error) {
		if l.charted.Revision != 0 && l.charted.Revision != over {
			return false, nil
		}
		chart := sole(c)
		l.charted, l.reading = gate.Charted{Chart: &chart, Revision: over + 1}, 0
		return true, nil
	})
}

// ChartFailed notes what a reading failed with, and when the next one may begin.
func (l *Ledger) ChartFailed(ctx context.Context, why string, now, next time.Time) error {
	return l.act(ctx, "ChartFailed", func() error {
		l.charted.Trouble, l.charted.TroubleAt, l.reading = why, at(now.Unix()), next.Unix()
		return nil
	})
}

// Charted puts something in the place of what is stored of the organization, as another release or a wrong clock may.
func (l *Ledger) Charted(c gate.Charted) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.charted = c
}
