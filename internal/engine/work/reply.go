package work

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/salve-security/salve/internal/approve"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// reply begins the run that follows from the answers to a plan: it carries the plan out, or says that nobody does. It
// is for whoever asked for the old one, and stands behind the same gates; an answer lifts nothing but the wait for it.
func (w *Worker) reply(ctx context.Context, old *run.Run, reply run.Reply) (*run.Run, run.Receipt, error) {
	if r, err := w.followed(ctx, old); err != nil || r != nil {
		return nil, carried(r), err
	}
	r, err := w.replying(ctx, old, reply)
	if err != nil {
		return nil, run.Receipt{}, err
	}
	terms := w.ask(r.ID, true)
	terms.IgnoreHold = r.Rejected()
	claim, err := w.Claims.Claim(ctx, r, terms)
	if err != nil {
		return nil, run.Receipt{}, err
	}
	switch claim.Verdict {
	case run.Claimed:
	case run.Busy:
		w.busy(ctx, claim.Run)
		return nil, carried(claim.Run), nil
	case run.Held:
		return nil, refusal(fmt.Sprintf("run %s is approved, but not carried out. %s", old.ID, onHold(claim.Hold))), nil
	case run.Joined, run.Full, run.Later, run.Reverted, run.Duplicate:
		return nil, run.Receipt{}, errAnswerWaits
	}
	a := &attempt{Worker: w, r: claim.Run}
	err = a.remediate(ctx)
	if claim.Run.ID != r.ID { // it came first, and waited
		if err == nil {
			err = w.Settle(ctx, []*run.Run{claim.Run})
		}
		return nil, run.Receipt{}, errors.Join(errAnswerWaits, err)
	}
	switch {
	case errors.Is(err, errDeferred), errors.Is(err, run.ErrLost):
		return nil, carried(claim.Run), nil
	case err != nil:
		return nil, run.Receipt{}, err
	}
	return claim.Run, carried(claim.Run), nil
}

// replying is the run that follows, which nobody has claimed yet.
func (w *Worker) replying(ctx context.Context, old *run.Run, reply run.Reply) (*run.Run, error) {
	config, err := w.Configured(ctx)
	if err != nil {
		return nil, err
	}
	c, known, err := w.playbook(config, old.Key.Control)
	if !known || err != nil { // what it ends with says so
		c = control.Control{Info: control.Info{ID: old.Key.Control}}
	}
	r := w.newRun(old.Key, old.Target(), c, as(old))
	r.Trigger, r.Actor, r.ActorID, r.FourEyes = old.Trigger, old.Actor, old.ActorID, old.FourEyes
	r.Mode, r.Rule, r.Standard, r.Standards = run.ModeAsk, old.Rule, old.Standard, slices.Clone(old.Standards)
	r.Asked, r.Said, r.AccountName, r.Despite = old.Asked, old.Said, old.AccountName, old.Despite
	r.Reply = &reply
	handOn(r, old)
	return r, nil
}

// rejected ends a run that only says that its plan was not approved. Nothing is opened for it.
func (a *attempt) rejected(ctx context.Context) error {
	r := a.r
	why := fmt.Sprintf("Nobody approved the plan of run %s in time.", r.Reply.Run)
	if r.Reply.Word == run.Deny {
		why = fmt.Sprintf("%s denied the plan of run %s.", r.Replied(), r.Reply.Run)
		for _, answer := range r.Reply.Answers {
			if answer.Word == run.Deny && answer.Reason != "" {
				why += " The reason: " + answer.Reason
			}
		}
	}
	r.Mode = run.ModePlan // whatever else happens to the run: it may not act
	return a.conclude(ctx, ended{status: run.StatusRefused, why: plain.Line(why), patient: true})
}

// Lapse denies a plan that nobody has approved in time.
func (w *Worker) Lapse(ctx context.Context, id string) error {
	old, err := w.Runs.Get(ctx, id)
	if errors.Is(err, run.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	waits, err := w.Answers.Asked(ctx, old.Key)
	if err != nil || waits != id || w.Now().Before(old.Ends) {
		return err
	}
	reply := run.Reply{Run: id, Word: run.Lapse}
	if old.Plan != nil {
		reply.Plan = old.Plan.Hash
	}
	config, err := w.Configured(ctx)
	if err != nil {
		return err
	}
	switch word, done := approve.Ended(config, old); {
	case done: // who was to carry that out died before it began
		reply.Word = word
	default:
		if err := w.noted(ctx, old, run.Answer{Word: run.Lapse, At: w.Now().UTC()}); err != nil {
			return err // another run, or somebody in the last second: the next sweep looks again
		}
	}
	reply.Answers = old.Answers
	r, _, err := w.reply(ctx, old, reply)
	if err != nil {
		return fault.Wrap(fault.Retry, err)
	}
	if r == nil {
		return nil
	}
	return w.Settle(ctx, []*run.Run{r})
}
