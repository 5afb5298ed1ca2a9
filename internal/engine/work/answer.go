package work

import (
	"context"
	"errors"
	"fmt"

	"github.com/salve-security/salve/internal/approve"
	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// Answers keep what people say to plans that wait, and what became of it. internal/ledger implements it.
type Answers interface {
	Asked(ctx context.Context, k run.Key) (string, error)
	Answer(ctx context.Context, r *run.Run, a run.Answer) error
	Tell(ctx context.Context, message string, r run.Receipt) error
	Receipt(ctx context.Context, message string) (run.Receipt, error)
}

// errAnswerWaits says that another run is at the work: it may change what the plan is about. An answer that is kept by
// then comes again.
var errAnswerWaits = errors.New("another run is at work on the resource")

// Answer handles what a person answers to a plan that waits, and keeps for him what became of it. It returns the run
// that it brought to an outcome, if it did.
func (w *Worker) Answer(ctx context.Context, m approve.Message) (*run.Run, error) {
	if _, err := w.Answers.Receipt(ctx, m.ID); err == nil {
		return nil, nil // it came before, and was dealt with
	} else if !errors.Is(err, run.ErrNotFound) {
		return nil, err
	}
	r, told, err := w.weighed(ctx, m)
	if err != nil {
		return nil, err
	}
	told.Text = plain.Line(told.Text)
	w.Audit(ctx, audit.Line{
		Time: w.Now(), Event: audit.Answered, Run: m.Run, Actor: m.Sender, PlanHash: m.Plan,
		Reason: string(told.Became) + ": " + told.Text,
	})
	return r, w.Receipt(ctx, m.ID, told)
}

// Receipt keeps what became of somebody's answer.
func (w *Worker) Receipt(ctx context.Context, message string, told run.Receipt) error {
	told.At = w.Now().UTC()
	return w.Answers.Tell(ctx, message, told)
}

// weighed decides on an answer and does what follows from it.
func (w *Worker) weighed(ctx context.Context, m approve.Message) (*run.Run, run.Receipt, error) {
	config, err := w.Configured(ctx)
	if err != nil {
		return nil, run.Receipt{}, err
	}
	for {
		old, err := w.Runs.Get(ctx, m.Run)
		if why := unanswerable(err); why != "" {
			return nil, refusal(why), nil
		}
		if err != nil {
			return nil, run.Receipt{}, err
		}
		waits, err := w.Answers.Asked(ctx, old.Key)
		if err != nil {
			return nil, run.Receipt{}, err
		}
		d := approve.Decide(approve.Input{Config: config, Run: old, Waits: waits, Message: m, Now: w.Now()})
		if d.Verdict == approve.Refuse {
			told, err := w.begunBefore(ctx, old, m)
			if told.Text == "" {
				told = refusal(d.Text)
			}
			return nil, told, err
		}
		if !d.Known {
			switch err := w.noted(ctx, old, d.Answer); {
			case errors.Is(err, run.ErrGrew):
				continue // somebody else has answered meanwhile
			case errors.Is(err, errAnswerWaits):
				return nil, refusal(err.Error() + "; answer again when that is done"), nil
			case err != nil:
				return nil, run.Receipt{}, err
			}
		}
		if d.Verdict == approve.Count {
			return nil, run.Receipt{Became: run.BecameCounted, Text: d.Text}, nil
		}
		return w.reply(ctx, old, replyOf(old, d))
	}
}

// noted keeps an answer, unless another run is at the work: that one may change what the plan is about.
func (w *Worker) noted(ctx context.Context, old *run.Run, a run.Answer) error {
	open, err := w.openRun(ctx, old.Key)
	if err != nil {
		return err
	}
	if open != nil && open.ID != old.ID {
		return fmt.Errorf("%w: %s", errAnswerWaits, open.ID)
	}
	return w.Answers.Answer(ctx, old, a)
}

// unanswerable says why a run that cannot be read takes no answer; empty where it may be read later.
func unanswerable(err error) string {
	var newer *run.SchemaError
	switch {
	case errors.Is(err, run.ErrNotFound):
		return "there is no such run"
	case errors.As(err, &newer):
		return "the run is of a newer release than the hub: upgrade the hub, then answer again"
	}
	return ""
}

func refusal(text string) run.Receipt { return run.Receipt{Became: run.BecameRefused, Text: text} }

// replyOf is what a run does that follows from the answers to an old one.
func replyOf(old *run.Run, d approve.Decision) run.Reply {
	reply := run.Reply{Run: old.ID, Word: run.Approve, Answers: old.Answers}
	if d.Verdict == approve.Deny {
		reply.Word = run.Deny
	}
	if old.Plan != nil {
		reply.Plan = old.Plan.Hash
	}
	return reply
}

// begunBefore finds the run that a redelivered answer has led to already.
func (w *Worker) begunBefore(ctx context.Context, old *run.Run, m approve.Message) (run.Receipt, error) {
	for _, a := range old.Answers {
		if a.Message != m.ID {
			continue
		}
		if r, err := w.followed(ctx, old); err != nil || r != nil {
			return carried(r), err
		}
	}
	return run.Receipt{}, nil
}

// followed is the last run of the work, if it follows from the answers to the old one.
func (w *Worker) followed(ctx context.Context, old *run.Run) (*run.Run, error) {
	latest, err := w.Past.Latest(ctx, old.Key)
	if err != nil || len(latest) == 0 {
		return nil, err
	}
	r, err := w.Runs.Get(ctx, latest[0])
	if errors.Is(err, run.ErrNotFound) || err == nil && (r.Reply == nil || r.Reply.Run != old.ID) {
		return nil, nil
	}
	return r, err
}

// carried is the receipt of who led to a run.
func carried(r *run.Run) run.Receipt {
	if r == nil {
		return run.Receipt{}
	}
	told := run.Receipt{Became: run.BecameRun, Run: r.ID, Text: fmt.Sprintf(
		"run %s is approved by %s: run %s carries it out", r.Reply.Run, r.Replied(), r.ID)}
	if r.Rejected() {
		told.Became, told.Text = run.BecameDenied, fmt.Sprintf("run %s is denied by %s: nothing is changed", r.Reply.Run,
			r.Replied())
	}
	return told
}
