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

// remindAfter is how often people hear of an account without the role.
const remindAfter = 24 * time.Hour

// notOnboarded lets a run wait until its account has the role: each try is the
// probe. People are told once a day and account, however many findings wait. A
// notice that nobody heard is tried again a minute later at the earliest.
func (a *attempt) notOnboarded(ctx context.Context, cause error) error {
	account, now := a.r.Key.Account, a.Now()
	key := "not-onboarded#" + account
	first, err := a.Counts.Once(ctx, key, now, now.Add(tellAgain))
	if err != nil {
		return err
	}
	n := notify.Notice{
		Kind: notify.NotOnboarded, Account: account, Region: a.r.Region, When: now, Why: fault.Cause(cause),
		ToDo: onboard(account) + ". Its findings wait and are taken up within an hour after that.",
	}
	if first && a.inform(ctx, n) {
		// Asked as of the key's own end, the day follows on the minute.
		if _, err := a.Counts.Once(ctx, key, now.Add(tellAgain), now.Add(remindAfter)); err != nil {
			a.audit(ctx, NotCounted, a.r, err)
		}
	}
	a.r.NoRole = true
	return a.deferRun(ctx, cause, math.MaxInt, longestOnboarding)
}

// onboard says what makes an account ready.
func onboard(account string) string { return "Deploy deploy/member.yaml into account " + account }
