package main

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// prover is the engine as a test uses it: like apply, verify and undo. It hears how large the policies
// of the sessions are.
type prover struct {
	*app
	h      hub
	engine *engine.Engine
	at     control.Target // without a resource

	mu     sync.Mutex
	packed []int
}

// prover is an engine for a place.
func (a *app) prover(h hub, at control.Target) (*prover, error) {
	p := &prover{app: a, h: h, at: at}
	p.h.cfg = h.cfg.Copy()
	p.h.cfg.APIOptions = append(p.h.cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("packed", p.hear), middleware.After)
	})
	e, err := a.engine(p.h)
	p.engine = e
	return p, err
}

// hear keeps how large a session's policy is, in per cent of what STS takes.
func (p *prover) hear(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	middleware.InitializeOutput, middleware.Metadata, error,
) {
	out, data, err := next.HandleInitialize(ctx, in)
	//nolint:staticcheck // STS answers it still, and nothing else says it
	if said, ok := out.Result.(*sts.AssumeRoleOutput); ok && said != nil && said.PackedPolicySize != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.packed = append(p.packed, int(*said.PackedPolicySize)) //nolint:staticcheck // as above
	}
	return out, data, err
}

// enters tells whether the sandbox lets the engine in.
func (p *prover) enters(ctx context.Context) error {
	_, err := p.engine.Sessions.Open(ctx, control.SessionRequest{
		Target: p.at, RunID: "may-i-enter", Actions: []string{"sts:GetCallerIdentity"},
	})
	p.Packed() // which is no policy of a control
	return err
}

// Packed are the sizes since the last call.
func (p *prover) Packed() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.packed
	p.packed = nil
	return append([]int{}, all...)
}

func (p *prover) request(id, resource string) work.Request {
	t := p.at
	t.Resource = resource
	f := finding.Finding{Control: id, Resource: finding.Resource{ID: resource, Region: t.Region}}
	return work.Request{Control: id, Scope: finding.Scope(f), Actor: p.h.actor, Target: t}
}

// Fix is apply --yes.
func (p *prover) Fix(ctx context.Context, id, resource string) (string, error) {
	req := p.request(id, resource)
	if err := p.proven(p.h, applies(req)); err != nil {
		return "", err
	}
	r, err := p.engine.Apply(ctx, req)
	if err != nil {
		return "", err
	}
	return r.ID, p.ended(ctx, r, run.StatusVerified)
}

// ended waits for a run, and wants it to end so.
func (p *prover) ended(ctx context.Context, r *run.Run, want run.Status) error {
	if waits(r) {
		followed, err := p.engine.Follow(ctx, r.ID, func(*run.Run) {})
		if err != nil {
			return err
		}
		r = followed
	}
	if r.Status != want {
		return fault.New(fault.Unverified, "the run ended %s: %s", r.Status, r.Reason)
	}
	return nil
}

// Verify reads the resource of a run again.
func (p *prover) Verify(ctx context.Context, id string) error {
	r, err := p.h.ledger().Get(ctx, id)
	if err != nil {
		return err
	}
	plan, err := p.engine.Reread(ctx, work.Request{
		Control: r.Key.Control, Target: r.Target(), Scope: r.Key.Scope, Actor: p.h.actor, Params: r.Params,
	})
	if err != nil {
		return err
	}
	if status, _ := judge(r, plan, nil); status != run.StatusVerified {
		return fault.New(fault.Unverified, "a fresh read shows %s", status)
	}
	return nil
}

// Undo is undo --yes.
func (p *prover) Undo(ctx context.Context, id string) error {
	r, err := p.h.ledger().Get(ctx, id)
	if err != nil {
		return err
	}
	if err := p.proven(p.h, takesBack(r)); err != nil {
		return err
	}
	undo, err := p.engine.TakeBack(ctx, work.Takeback{Run: id, Actor: p.h.actor})
	if err != nil {
		return err
	}
	return p.ended(ctx, undo, run.StatusUndone)
}
