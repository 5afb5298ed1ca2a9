package main

import (
	"context"
	"sync"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// entering is the ledger of an operator, who claims only what he may do himself. A run that waits is taken up by the
// function, which may enter every account: without this, an operator who is limited to some would reach the others by
// asking for something that has to wait.
type entering struct {
	engine.Ledger
	sessions  work.Sessions
	partition string
	seen      *sync.Map // account → error, or nil
}

// Claim asks for the account first.
func (e entering) Claim(ctx context.Context, r *run.Run, terms run.Terms) (run.Claim, error) {
	if err := e.enter(ctx, r.Key.Account, r.Region); err != nil {
		return run.Claim{}, err
	}
	return e.Ledger.Claim(ctx, r, terms)
}

// Take asks for the account of the run first.
func (e entering) Take(ctx context.Context, id, owner string, terms run.Terms) (*run.Run, error) {
	r, err := e.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := e.enter(ctx, r.Key.Account, r.Region); err != nil {
		return nil, err
	}
	return e.Ledger.Take(ctx, id, owner, terms)
}

// enter opens a session that may do nothing, once for each account. An account without the role is another matter: its
// runs wait for it.
func (e entering) enter(ctx context.Context, account, region string) error {
	if known, ok := e.seen.Load(account); ok {
		err, _ := known.(error)
		return err
	}
	_, err := e.sessions.Open(ctx, control.SessionRequest{
		Target: control.Target{Account: account, Region: region, Partition: e.partition},
		RunID:  "may-i-enter", Actions: []string{"sts:GetCallerIdentity"},
	})
	class := fault.Of(err)
	if class == fault.Denied {
		err = fault.New(fault.Denied, "you may not enter account %s, so nothing was begun there: %s",
			account, fault.Cause(err))
	}
	if class == fault.NotOnboarded {
		err = nil
	}
	if err == nil || class == fault.Denied { // what passes is asked again
		e.seen.Store(account, err)
	}
	return err
}
