package engine

import (
	"context"
	"math"
	"time"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/notify"
)

// longestOnboarding bounds how long an account that got its role waits to be noticed.
const longestOnboarding = time.Hour

// notOnboarded lets a run wait until its account has the role: each try is the
// probe. People are told once a day and account, however many findings wait.
func (a *attempt) notOnboarded(ctx context.Context, cause error) error {
	account, now := a.r.Key.Account, a.Now()
	first, err := a.Counts.Once(ctx, "not-onboarded#"+account, now, now.Add(24*time.Hour))
	if err != nil {
		return err
	}
	if first {
		n := notify.Notice{
			Kind: notify.NotOnboarded, Account: account, Region: a.r.Region, When: now, Why: fault.Cause(cause),
			ToDo: onboard(account) + ". Its findings wait and are taken up within an hour after that.",
		}
		if err := a.Tell(ctx, n); err != nil {
			a.audit(ctx, NotTold, a.r, err)
		}
	}
	return a.deferRun(ctx, cause, math.MaxInt, longestOnboarding)
}

// onboard says what makes an account ready.
func onboard(account string) string { return "Deploy deploy/member.yaml into account " + account }
