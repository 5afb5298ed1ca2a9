package main

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/salve-security/salve/internal/approve"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// answering is what approve and deny have in common.
type answering struct {
	which
	Reason string `placeholder:"TEXT" help:"Why; it stands in the audit log, of a no on the finding too."`
	Yes    bool   `help:"Really send the answer; without it only the plan is shown."`
	NoWait bool   `help:"Do not wait until the hub has dealt with the answer."`
}

type approveCmd struct{ answering }

// Run approves a plan that waits.
func (c *approveCmd) Run(a *app) error { return c.answer(a, run.Approve) }

type denyCmd struct{ answering }

// Run denies a plan that waits.
func (c *denyCmd) Run(a *app) error { return c.answer(a, run.Deny) }

// answeredReport is an answer to a plan and what became of it, as programs get it.
type answeredReport struct {
	waitingReport
	Answer  run.Word   `json:"answer"`
	Sent    bool       `json:"sent"`                  // false without --yes
	Message string     `json:"message_id,omitempty"`  // by which the audit log of the queue knows it
	Became  run.Became `json:"became,omitempty"`      // absent while nobody has looked at it
	Text    string     `json:"text,omitempty"`        // the same in a sentence
	Then    string     `json:"then_run_id,omitempty"` // the run that follows from it
	Status  run.Status `json:"then_status,omitempty"` // how that ended
}

// How long an answer is waited for, and how often is looked.
const (
	receiptWithin = 3 * time.Minute
	receiptEvery  = time.Second
	followEvery   = 2 * time.Second
)

func (c *answering) answer(a *app, word run.Word) error {
	h, r, err := c.one(a)
	if err != nil {
		return err
	}
	if r.Status != run.StatusAwaitingApproval || r.Plan == nil {
		return fault.New(fault.Refused, "run %s does not wait for approval: see salve show %s", r.ID, r.ID)
	}
	config, err := a.configured(h)
	if err != nil {
		return err
	}
	told := answeredReport{waitingReport: waitingOf(config, r), Answer: word}
	if !c.Yes {
		return a.shownPlan(r, told)
	}
	if told.Message, err = c.send(a, h, r, word); err != nil {
		return err
	}
	told.Sent = true
	if c.NoWait {
		return a.answered(told)
	}
	return a.outcomeOf(h, told)
}

// shownPlan prints what an answer would be about.
func (a *app) shownPlan(r *run.Run, told answeredReport) error {
	err := a.data(told, func() {
		a.headline(r)
		a.say("  asked: %s by %s, ends %s, %s said yes", stamp(told.Asked), told.who(), told.ends(), told.so())
		a.say("  plan: %s", told.PlanHash)
		a.body(r)
		for _, answer := range told.Answers {
			a.say("  %s: %s by %s", answer.Answer, stamp(answer.At), answer.By)
		}
	})
	if err != nil {
		return err
	}
	a.warn("nothing was sent: add --yes")
	return exit(exitPending)
}

// send gives the answer to the hub. AWS says who sent it; nothing in the message does.
func (c *answering) send(a *app, h hub, r *run.Run, word run.Word) (id string, err error) {
	body, err := approve.Encode(approve.Message{Run: r.ID, Plan: r.Plan.Hash, Word: word, Reason: c.Reason})
	if err != nil {
		return "", err
	}
	out, err := sqs.NewFromConfig(h.own).SendMessage(a.ctx, &sqs.SendMessageInput{
		QueueUrl: &h.settings.ApprovalsQueueURL, MessageBody: &body,
	})
	switch {
	case fault.Of(err) == fault.Denied:
		return "", fault.New(fault.Denied, "you may not answer plans: that takes the managed policy salve-approver, and the "+
			"configuration has to name you under approvals (%s)", fault.Cause(err))
	case err != nil:
		return "", fault.New(fault.Of(err), "send the answer: %s", fault.Cause(err))
	}
	return aws.ToString(out.MessageId), nil
}

// outcomeOf waits until the hub has dealt with an answer, and stays with the run that follows from it.
func (a *app) outcomeOf(h hub, told answeredReport) error {
	done := a.progress("Waiting for the hub")
	receipt, err := a.receipt(h, told.Message)
	done()
	if errors.Is(err, run.ErrNotFound) {
		a.warn("the hub has not looked at the answer yet: see salve approvals, and salve show %s", told.Run)
		return a.answered(told)
	}
	if err != nil {
		return err
	}
	told.Became, told.Text, told.Then = receipt.Became, receipt.Text, receipt.Run
	if receipt.Became != run.BecameRun {
		return a.answered(told)
	}
	r, err := a.ended(h, receipt.Run)
	if err != nil {
		return err
	}
	told.Status = r.Status
	if err := a.data(told, func() {
		a.say("%s", told.Text)
		a.story(r)
	}); err != nil {
		return err
	}
	if code := statusExit(r.Status); code != exitDone {
		return code
	}
	return nil
}

// receipt is what became of the answer; run.ErrNotFound where nobody has looked at it in time.
func (a *app) receipt(h hub, message string) (run.Receipt, error) {
	book := h.ledger()
	for end := a.now().Add(receiptWithin); ; {
		got, err := book.Receipt(a.ctx, message)
		if err == nil || !errors.Is(err, run.ErrNotFound) || !a.now().Before(end) {
			return got, err
		}
		if err := a.sleep(a.ctx, receiptEvery); err != nil {
			return got, err
		}
	}
}

// ended follows a run that the hub carries out until it is done.
func (a *app) ended(h hub, id string) (*run.Run, error) {
	book, w := h.ledger(), &watch{app: a}
	defer w.done()
	for {
		r, err := book.Get(a.ctx, id)
		if err != nil || r.State == run.StateClosed {
			return r, err
		}
		if waits(r) {
			w.look(r)
		}
		if err := a.sleep(a.ctx, followEvery); err != nil {
			a.warn("run %s is left to the hub: see salve show %s", id, id)
			return r, exit(exitWaiting)
		}
	}
}

// answered prints what became of an answer from which no run to stay with follows.
func (a *app) answered(told answeredReport) error {
	err := a.data(told, func() {
		text := told.Text
		if text == "" {
			text = "the answer is sent"
		}
		a.say("%s", text)
		if told.Then != "" {
			a.say("  see: salve show %s", told.Then)
		}
	})
	if err != nil {
		return err
	}
	switch told.Became {
	case run.BecameDenied:
		return nil
	case run.BecameRefused:
		return exit(exitNotFixed)
	case run.BecameRun, run.BecameCounted:
	}
	return exit(exitWaiting)
}
