package engine

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// stale is a message whose findings are looked up before anything is done or said.
type stale struct {
	Message
	event finding.Event
	found []*work.Found // nil for those about which nothing is to be done or said
	errs  []error
}

// renew takes stale messages through the gate, and looks the findings of all of them up together: Security Hub takes
// 20 in a call.
func (e *Engine) renew(ctx context.Context, old []*stale) {
	var g errgroup.Group
	g.SetLimit(run.InParallel)
	for _, m := range old {
		g.Go(func() error {
			_, err := guarded(func() ([]*run.Run, error) {
				for _, raw := range m.event.Findings {
					found, err := e.Judge(ctx, m.event, raw)
					if found != nil {
						m.found = append(m.found, found)
					}
					m.errs = append(m.errs, err)
				}
				return nil, nil
			})
			m.errs = append(m.errs, err)
			return nil
		})
	}
	_ = g.Wait() // every error is with its message
	var all []*work.Found
	for _, m := range old {
		all = append(all, m.found...)
	}
	renewed, errs := e.Renew(ctx, all)
	for _, m := range old {
		n := len(m.found)
		m.errs = append(m.errs, errs[:n]...)
		m.found, renewed, errs = renewed[:n], renewed[n:], errs[n:]
	}
}

// act does what is to be done for a message whose findings were looked up.
func (e *Engine) act(ctx context.Context, m *stale) (runs []*run.Run, _ error) {
	for _, found := range m.found {
		if found == nil {
			continue
		}
		r, err := e.Act(ctx, found)
		if r != nil {
			runs = append(runs, r)
		}
		m.errs = append(m.errs, err)
	}
	return runs, errors.Join(m.errs...)
}
