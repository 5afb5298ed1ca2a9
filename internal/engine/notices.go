package engine

import (
	"context"
	"errors"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// Tell sends a notice to people and programs. internal/notify implements it.
type Tell func(ctx context.Context, n notice.Notice) error

// notice is what people are told of a finished run.
func (e *Engine) notice(r *run.Run) notice.Notice {
	n := notice.Notice{
		Kind: kind(r.Status), Control: r.Key.Control, Account: r.Key.Account, Region: r.Region,
		Resource: r.Key.Resource, Why: r.Reason, Changes: changes(r.Changes()), Who: r.Actor, When: r.Finished,
		RunID: r.ID,
	}
	if c, ok := e.Controls.Get(r.Key.Control); ok {
		n.Title, n.Severity, n.Effect = c.Title, string(c.Severity), c.Effect
	}
	o := outcome(r)
	n.Undo, n.ToDo, n.Left, n.Until, n.Approvers = o.Undo, o.ToDo, o.Left, o.Until, o.By
	for id, f := range r.Findings {
		if n.Finding == "" || id < n.Finding {
			n.Finding, n.FindingIn = id, f.Region
		}
	}
	return n
}

func kind(s run.Status) notice.Kind {
	switch s {
	case run.StatusVerified, run.StatusCompliant, run.StatusGone:
		return notice.Fixed
	case run.StatusPlanned:
		return notice.Planned
	case run.StatusAwaitingApproval:
		return notice.NeedsApprove
	case run.StatusUnverified:
		return notice.Unverified
	case run.StatusDenied:
		return notice.Denied
	case run.StatusRefused:
		return notice.Refused
	case run.StatusUndone:
		return notice.Undone
	case run.StatusFailed, run.StatusDeferred, run.StatusParked:
	}
	return notice.Failed
}

func changes(list []control.Change) []notice.Change {
	out := make([]notice.Change, len(list))
	for i, c := range list {
		out[i] = notice.Change{Path: c.Name(), From: control.Text(c.From), To: control.Text(c.To), Lasting: c.Lasting()}
	}
	return out
}

// inform tells people and answers whether anybody heard. A dead channel is no
// reason to keep anything waiting: the audit line and the note say the same.
func (e *Engine) inform(ctx context.Context, n notice.Notice) bool {
	err := e.Tell(ctx, n)
	if err != nil {
		e.Audit(ctx, audit.Line{
			Time: e.Now(), Event: audit.NotTold, Run: n.RunID, Control: n.Control, Account: n.Account, Region: n.Region,
			Resource: n.Resource, Error: err.Error(),
		})
	}
	return err == nil || errors.Is(err, notice.ErrPartly)
}

// tellTogether tells of many runs in few notices, and marks those told. A
// notice that nobody heard is due again soon.
func (e *Engine) tellTogether(ctx context.Context, runs []*run.Run) error {
	runs, err := e.reserve(ctx, runs)
	errs := []error{err}
	var notices []notice.Notice
	for _, r := range runs {
		notices = append(notices, e.notice(r))
	}
	for _, n := range notice.Summarise(notices) {
		if !e.inform(ctx, n) {
			continue
		}
		for _, id := range n.Runs() {
			errs = append(errs, e.Telling.Told(ctx, id))
		}
	}
	return errors.Join(errs...)
}
