package engine

import (
	"context"

	"github.com/salve-security/salve/internal/approve"
	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/run"
)

// answer handles a message of the queue of approvals, which brings answers to plans and nothing else: who may send
// there may say yes or no, and not make findings or clicks of his own. What cannot be read is kept, and its sender told.
func (e *Engine) answer(ctx context.Context, m Message) ([]*run.Run, error) {
	answer, err := approve.Decode(m.Body, m.ID, m.Sender)
	if err != nil {
		e.ports.Audit(ctx, audit.Line{
			Time: e.ports.Now(), Event: audit.Rejected, Actor: m.Sender, Error: err.Error(),
		})
		if err := e.ports.Reject(ctx, m.Body, err.Error()); err != nil {
			return nil, err
		}
		return nil, e.Receipt(ctx, m.ID, run.Receipt{Became: run.BecameRefused, Text: err.Error()})
	}
	r, err := e.Answer(ctx, answer)
	if r == nil || err != nil {
		return nil, err
	}
	return []*run.Run{r}, nil
}
