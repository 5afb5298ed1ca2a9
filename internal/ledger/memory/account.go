package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// account is one without the role, and when it is tried next.
type account struct {
	run.Account
	due int64
}

// Await stores an open run of ours that waits for its account to get the role,
// files the account for a probe, and fills in the findings that joined it. run.ErrLost says that it is not ours any
// more.
func (l *Ledger) Await(ctx context.Context, r *run.Run, probe time.Time) error {
	return l.keep(ctx, "Await", r, func() error {
		if err := l.store(r, whenAccount+r.Key.Account); err != nil {
			return fmt.Errorf("let run %s wait for its account: %w", r.ID, err)
		}
		due := probe.Unix()
		if old := l.accounts[r.Key.Account]; old != nil {
			due = old.due
		}
		l.accounts[r.Key.Account] = &account{
			Account: run.Account{ID: r.Key.Account, Region: r.Region, Partition: r.Part, Touched: r.ID}, due: due,
		}
		return nil
	})
}

// Accounts returns accounts to be probed by now.
func (l *Ledger) Accounts(ctx context.Context, now time.Time, limit int32) ([]run.Account, error) {
	return call(ctx, l, "Accounts", func() ([]run.Account, error) {
		var due []*account
		for _, a := range l.accounts {
			if a.due <= now.Unix() {
				due = append(due, a)
			}
		}
		slices.SortFunc(due, func(x, y *account) int {
			return cmp.Or(cmp.Compare(x.due, y.due), strings.Compare(x.ID, y.ID))
		})
		var out []run.Account
		for _, a := range due[:min(len(due), int(limit))] {
			out = append(out, a.Account)
		}
		return out, nil
	})
}

// Probed files an account for its next probe; without a next one it is forgotten,
// unless a run has begun to wait for it since it was read.
func (l *Ledger) Probed(ctx context.Context, a run.Account, next time.Time) error {
	return l.act(ctx, "Probed", func() error {
		old := l.accounts[a.ID]
		switch {
		case old == nil:
		case !next.IsZero():
			old.due = next.Unix()
		case old.Touched == a.Touched:
			delete(l.accounts, a.ID)
		}
		return nil
	})
}

// Release makes runs that waited for an account due, at most limit of them, and
// returns how many there were.
func (l *Ledger) Release(ctx context.Context, account string, now time.Time, limit int32) (int, error) {
	return call(ctx, l, "Release", func() (int, error) {
		ids := l.due(whenAccount+account, now.AddDate(100, 0, 0), limit)
		for _, id := range ids {
			l.runs[id].where, l.runs[id].due = whenOpen, now.Unix()
		}
		return len(ids), nil
	})
}
