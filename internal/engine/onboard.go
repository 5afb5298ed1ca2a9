package engine

import (
	"context"
	"errors"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

const (
	// probeEvery is how often an account without the role is tried, however many runs wait for it.
	probeEvery = 5 * time.Minute
	// probeLimit and releaseLimit bound one sweep's share.
	probeLimit   = 20
	releaseLimit = 100
	// remindAfter is how often people hear of an account without the role.
	remindAfter = 24 * time.Hour
)

// probeAction needs no right of the role: opening the session is the probe.
const probeAction = "sts:GetCallerIdentity"

// Accounts knows the accounts that runs wait for. internal/ledger implements it.
type Accounts interface {
	Await(ctx context.Context, r *run.Run, probe time.Time) error
	Accounts(ctx context.Context, now time.Time, limit int32) ([]run.Account, error)
	Probed(ctx context.Context, a run.Account, next time.Time) error
	Release(ctx context.Context, account string, now time.Time, limit int32) (int, error)
}

// notOnboarded lets a run wait until its account has the role. It is not tried
// again by itself: sweeps probe the account.
func (a *attempt) notOnboarded(ctx context.Context, cause error) error {
	r, now := a.r, a.Now()
	ctx, cancel := books(ctx)
	defer cancel()
	r.Calls = append(r.Calls, a.rec.Drain()...)
	r.Status, r.Reason, r.Attempts = run.StatusDeferred, fault.Cause(cause), 0
	r.Lease, r.Due = now, now.Add(remindAfter)
	if err := a.Accounts.Await(ctx, r, now.Add(probeEvery)); err != nil {
		return err
	}
	a.audit(ctx, audit.Deferred, r, cause)
	a.remind(ctx, run.Account{ID: r.Key.Account, Region: r.Region}, cause)
	return errDeferred
}

// remind tells people once a day that an account lacks the role, however many
// findings wait. A notice that nobody heard is tried again with the next probe.
func (e *Engine) remind(ctx context.Context, account run.Account, cause error) {
	now, key := e.Now(), "not-onboarded#"+account.ID
	first, err := e.Counts.Once(ctx, key, now, now.Add(tellAgain))
	if err != nil {
		e.Audit(ctx, audit.Line{Time: now, Event: audit.NotCounted, Account: account.ID, Error: err.Error()})
		return
	}
	if !first || !e.inform(ctx, notice.Notice{
		Kind: notice.NotOnboarded, Account: account.ID, Region: account.Region, When: now, Why: fault.Cause(cause),
		ToDo: onboard(account.ID) + ". Its findings wait and are taken up within minutes after that.",
	}) {
		return
	}
	// Asked as of the key's own end, the day follows on the minute.
	if _, err := e.Counts.Once(ctx, key, now.Add(tellAgain), now.Add(remindAfter)); err != nil {
		e.Audit(ctx, audit.Line{Time: now, Event: audit.NotCounted, Account: account.ID, Error: err.Error()})
	}
}

// probe tries the accounts that runs wait for, and releases the runs of those
// that have the role now.
func (e *Engine) probe(ctx context.Context) error {
	now := e.Now()
	accounts, err := e.Accounts.Accounts(ctx, now, probeLimit)
	errs := []error{err}
	for _, account := range accounts {
		_, err := e.Sessions.Open(ctx, control.SessionRequest{
			Target:  control.Target{Account: account.ID, Region: account.Region, Partition: account.Partition},
			RunID:   run.NewID(now),
			Source:  "Salve",
			Actions: []string{probeAction},
		})
		if err != nil {
			e.remind(ctx, account, err)
			errs = append(errs, e.Accounts.Probed(ctx, account, now.Add(probeEvery)))
			continue
		}
		errs = append(errs, e.release(ctx, account))
	}
	return errors.Join(errs...)
}

// release lets the runs of an account go on. The account is forgotten when a
// later look finds none: the index may lag behind.
func (e *Engine) release(ctx context.Context, account run.Account) error {
	now, next := e.Now(), time.Time{}
	n, err := e.Accounts.Release(ctx, account.ID, now, releaseLimit)
	if n > 0 || err != nil {
		next = now.Add(time.Minute)
	}
	return errors.Join(err, e.Accounts.Probed(ctx, account, next))
}

// onboard says what makes an account ready.
func onboard(account string) string { return "Deploy deploy/member.yaml into account " + account }
