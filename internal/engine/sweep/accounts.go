package sweep

import (
	"context"
	"errors"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/tell"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

const (
	// probeLimit and releaseLimit bound one sweep's share.
	probeLimit   = 20
	releaseLimit = 100
)

// probeAction needs no right of the role: opening the session is the probe.
const probeAction = "sts:GetCallerIdentity"

// probe tries the accounts that runs wait for, and releases the runs of those
// that have the role now.
func (s *Sweeper) probe(ctx context.Context) error {
	now := s.Now()
	accounts, err := s.Accounts.Accounts(ctx, now, probeLimit)
	errs := []error{err}
	for _, account := range accounts {
		_, err := s.Sessions.Open(ctx, control.SessionRequest{
			Target:  control.Target{Account: account.ID, Region: account.Region, Partition: account.Partition},
			RunID:   run.NewID(now),
			Source:  "Salve",
			Actions: []string{probeAction},
		})
		if class := fault.Of(err); class != fault.None && class != fault.Denied { // whose runs are denied, with the reason
			if class == fault.NotOnboarded {
				s.People.Remind(ctx, account, err)
			}
			errs = append(errs, s.Accounts.Probed(ctx, account, now.Add(tell.ProbeEvery)))
			continue
		}
		errs = append(errs, s.release(ctx, account))
	}
	return errors.Join(errs...)
}

// release lets the runs of an account go on. The account is forgotten when a
// later look finds none: the index may lag behind.
func (s *Sweeper) release(ctx context.Context, account run.Account) error {
	now, next := s.Now(), time.Time{}
	n, err := s.Accounts.Release(ctx, account.ID, now, releaseLimit)
	if n > 0 || err != nil {
		next = now.Add(time.Minute)
	}
	return errors.Join(err, s.Accounts.Probed(ctx, account, next))
}
