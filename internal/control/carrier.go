package control

import (
	"context"
	"fmt"

	"github.com/salve-security/salve/internal/names"
)

// Carrier carries a change out in place of a control's own Write: see Of.
type Carrier struct {
	Runbook  func(ctx context.Context, env Env) (Runbook, error)
	Start    func(ctx context.Context, env Env, book Runbook) (Execution, error)
	Progress func(ctx context.Context, env Env, e Execution) (Progress, error)
}

// By is the control with its change carried out by somebody else; what it reads and wants stays its own. The
// declaration takes the place of its own. Only the fix goes that way: undo is the control's own Write.
func (c Control) By(info Info, carrier Carrier) Control {
	return Control{Info: info, state: carried{stateful: c.state, info: info, by: carrier}}
}

type carried struct {
	stateful
	info Info
	by   Carrier
}

func (c carried) starts() bool { return true }

func (c carried) write(context.Context, Env, look, look) error { return ErrStarts }

func (c carried) runbook(ctx context.Context, env Env, _, _ look) (Runbook, error) {
	env, err := c.info.about(env)
	if err != nil {
		return Runbook{}, err
	}
	book, err := c.by.Runbook(ctx, env)
	if err == nil {
		err = book.check()
	}
	if err != nil {
		return Runbook{}, fmt.Errorf("look at the runbook of %s: %w", c.info.ID, err)
	}
	return book, nil
}

func (c carried) start(ctx context.Context, env Env, book Runbook, _, _ look) (Execution, error) {
	env, err := c.info.about(env)
	if err != nil {
		return Execution{}, err
	}
	started, err := c.by.Start(ctx, env, book)
	if err != nil {
		return Execution{}, fmt.Errorf("start %s: %w", c.info.ID, err)
	}
	return started, nil
}

func (c carried) progress(ctx context.Context, env Env, e Execution) (Progress, error) {
	env, err := c.info.about(env)
	if err != nil {
		return Progress{}, err
	}
	p, err := c.by.Progress(ctx, env, e)
	if err != nil {
		return Progress{}, fmt.Errorf("look at what %s started: %w", c.info.ID, err)
	}
	return p, nil
}

func (c carried) in(home names.Home) stateful {
	c.info.home, c.stateful = home, c.stateful.in(home)
	return c
}

func (c carried) complete() error { return c.stateful.complete() }
