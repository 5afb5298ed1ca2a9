package around

import (
	"context"
	"time"

	"github.com/salve-security/salve/internal/gate"
)

// Charts is where the chart of the organization is stored. internal/ledger implements it.
type Charts interface {
	Chart(ctx context.Context) (gate.Charted, error)
}

// What was read of the chart is used for chartAge; where it does not say what is asked, for unchartedAge: it may have
// been stored a moment later.
const (
	chartAge     = 5 * time.Minute
	unchartedAge = 30 * time.Second
)

// Placed is what the chart says of an account. It makes no call of Organizations.
func (f *Finder) Placed(ctx context.Context, account string) (gate.Placed, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.Now()
	age := now.Sub(f.read)
	if fresh := !f.read.IsZero() && age >= 0; fresh { // a clock that was put back makes nothing young
		placed := f.chart.Place(account, now)
		if age < unchartedAge || placed.Why == "" && age < chartAge {
			return placed, nil
		}
	}
	chart, err := f.Charts.Chart(ctx)
	if err != nil {
		return gate.Placed{}, err
	}
	f.chart, f.read = chart, now
	return chart.Place(account, now), nil
}
