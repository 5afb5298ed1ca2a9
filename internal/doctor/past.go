package doctor

import (
	"context"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// How many of the last runs are looked at, and of how long: each day is a call.
const (
	remembered = 20
	lately     = 7 * 24 * time.Hour
)

// past: what became of the last runs of the control in the account. A write that a policy denies shows only where one
// was tried.
func past() Check {
	needs := []string{"dynamodb:Query", "dynamodb:BatchGetItem"}
	ask := func(ctx context.Context, p *Patient) Answer {
		page, err := p.Ledger.History(ctx, run.Query{
			Accounts: []string{p.Account}, Control: p.ControlID, Limit: remembered, Since: p.Now().Add(-lately), Until: p.Now(),
		})
		if err != nil {
			return unread(err, needs...)
		}
		for _, r := range page.Runs { // the newest first
			when := r.Created.UTC().Format(time.DateTime)
			switch r.Status { //nolint:exhaustive // the others went well, or go on
			case run.StatusVerified, run.StatusCompliant, run.StatusUndone:
				return ok("the last run that ended, %s of %s, is %s", r.ID, when, r.Status)
			case run.StatusDenied, run.StatusFailed, run.StatusUnverified:
				return wrong("salve show "+r.ID, "the last run that ended, %s of %s, is %s: %s", r.ID, when, r.Status, r.Reason)
			}
		}
		return ok("no run of %s has ended in %s within a week", p.ControlID, p.Account)
	}
	return Check{Name: "runs", Needs: needs, of: ofControl, ask: ask}
}
