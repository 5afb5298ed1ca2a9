// Package tell tells people of what happened, and notes where nobody heard.
package tell

import (
	"context"
	"errors"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// Again is when what nobody heard is told once more.
const Again = time.Minute

// Send sends a notice to people and programs. internal/notify implements it.
type Send func(ctx context.Context, n notice.Notice) error

// Once is true for the first who asks for a key, until the time it ends. internal/ledger implements it.
type Once interface {
	Once(ctx context.Context, key string, now, end time.Time) (bool, error)
}

// People are who hears of what Salve does.
type People struct {
	Send     Send
	Once     Once
	Controls control.Registry
	Map      func(id string, m control.Mapping) (control.Control, error)
	Audit    audit.Log
	Now      func() time.Time
	// Configured says whom people are to ask.
	Configured func(ctx context.Context) (gate.Config, error)
}

// Of is what people are told of a finished run.
func (p *People) Of(r *run.Run) notice.Notice {
	n := notice.Of(r)
	if c, ok := p.playbook(r); ok {
		n.Title, n.Severity, n.Effect, n.Impact = c.Title, string(c.Severity), c.Effect, c.Impact
	}
	return n
}

// playbook is what the run was carried out by, or would be.
func (p *People) playbook(r *run.Run) (control.Control, bool) {
	if r.Mapping != nil && r.Undoes == "" {
		if c, err := p.Map(r.Key.Control, *r.Mapping); err == nil {
			return c, true
		}
	}
	return p.Controls.Get(r.Key.Control)
}

// Inform tells people and answers whether anybody heard. A dead channel is no
// reason to keep anything waiting: the audit line and the note say the same.
func (p *People) Inform(ctx context.Context, n notice.Notice) bool {
	if config, err := p.Configured(ctx); err == nil { // without it they are told all the same
		n.Contact, n.Docs = config.Asked()
	}
	err := p.Send(ctx, n)
	if err != nil {
		p.Audit(ctx, audit.Line{
			Time: p.Now(), Event: audit.NotTold, Run: n.RunID, Control: n.Control, Account: n.Account, Region: n.Region,
			Resource: n.Resource, Error: err.Error(),
		})
	}
	return err == nil || errors.Is(err, notice.ErrPartly)
}
