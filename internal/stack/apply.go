package stack

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/salve-security/salve/internal/fault"
)

// Apply brings the stack to what is wished and returns it as it is then, and what was done.
func (d Driver) Apply(ctx context.Context, w Wish) (State, Plan, error) {
	known, err := w.Template.shape()
	if err == nil {
		err = w.wanted(known.Parameters)
	}
	if err != nil {
		return State{}, Plan{}, err
	}
	s, err := d.prepared(ctx, w)
	if err != nil {
		return State{}, Plan{}, err
	}
	p := Plan{Action: Create, Parameters: w.differences(s, known)}
	if s.Exists() && conditionOf(s.Status) == ready {
		p.Action = Update
	}
	set, err := d.propose(ctx, w, s)
	if err != nil {
		return s, p, err
	}
	if set.empty {
		return s, Plan{Action: Nothing}, d.discard(ctx, set)
	}
	p.Changes = set.changes
	s, err = d.carryOut(ctx, w, set)
	return s, p, err
}

// prepared brings the stack to where a change set can be made for it.
func (d Driver) prepared(ctx context.Context, w Wish) (State, error) {
	s, err := d.Look(ctx, w.Name)
	if err != nil {
		return s, err
	}
	if conditionOf(s.Status) == busy {
		if err := d.busyWith(ctx, w, s); err != nil {
			return s, err
		}
		if s, err = d.await(ctx, &reader{d: d, stack: s}); err != nil {
			return s, err
		}
	}
	switch conditionOf(s.Status) {
	case stillborn:
		return State{Name: w.Name}, d.Remove(ctx, w.Name)
	case stuck:
		return d.goOn(ctx, s)
	case broken, busy:
		return s, d.mend(ctx, s)
	case absent, unborn, ready:
	}
	return s, nil
}

// goOn takes a failed update back whole, which CloudFormation could not do before.
func (d Driver) goOn(ctx context.Context, s State) (State, error) {
	read, err := d.reader(ctx, s)
	if err != nil {
		return s, err
	}
	_, err = d.API.ContinueUpdateRollback(ctx, &cfn.ContinueUpdateRollbackInput{StackName: &s.Name})
	if err != nil {
		return s, fmt.Errorf("go on with taking back the update of stack %s: %w", s.Name, err)
	}
	after, err := d.await(ctx, read)
	if err != nil || conditionOf(after.Status) == ready {
		return after, err
	}
	return after, fault.New(fault.Refused, "stack %s is in %s: an update failed, and taking it back fails as well%s; "+
		"mend that and run this again, or leave the resource out with aws cloudformation continue-update-rollback "+
		"--stack-name %s --resources-to-skip", s.Name, after.Status, d.because(ctx, after), s.Name)
}

// carryOut has CloudFormation carry the change set out, and waits for the end.
func (d Driver) carryOut(ctx context.Context, w Wish, set changeSet) (State, error) {
	s, err := d.Look(ctx, w.Name)
	if err != nil {
		return s, err
	}
	read, err := d.reader(ctx, s)
	if err != nil {
		return s, err
	}
	// By the token a later run knows this one's work again; an operation of old must not look like it.
	token := set.name + "-" + strconv.FormatInt(s.Changed.UnixMilli(), 36)
	_, err = d.API.ExecuteChangeSet(ctx, &cfn.ExecuteChangeSetInput{
		StackName: &w.Name, ChangeSetName: &set.name, ClientRequestToken: &token,
	})
	var gone *types.ChangeSetNotFoundException
	var stale *types.InvalidChangeSetStatusException
	if errors.As(err, &gone) || errors.As(err, &stale) {
		return s, fault.New(fault.Refused, "somebody else changed stack %s meanwhile: nothing was changed by this run, "+
			"run it again to see what is left to do", w.Name)
	}
	if err != nil {
		return s, fmt.Errorf("carry out the change set of stack %s: %w", w.Name, err)
	}
	after, err := d.await(ctx, read)
	if err != nil {
		return after, err
	}
	switch after.Status { //nolint:exhaustive // any other end is a failure
	case types.StackStatusCreateComplete, types.StackStatusUpdateComplete:
		return after, nil
	}
	return after, d.failed(ctx, after, token)
}

// failed says why an operation was taken back, and how it goes on.
func (d Driver) failed(ctx context.Context, s State, token string) error {
	why, err := d.reasons(ctx, s, token)
	if err != nil {
		return err
	}
	if why == "" {
		if why, err = d.reasons(ctx, s, ""); err != nil {
			return err
		}
	}
	back := "CloudFormation took it back"
	if conditionOf(s.Status) == broken || conditionOf(s.Status) == stuck {
		back = "CloudFormation could not take it back whole"
	}
	return fault.New(fault.Refused, "stack %s failed: %s. %s (%s): mend the cause and run this again", s.Name, why, back,
		s.Status)
}

// Remove deletes a stack and waits until it is gone. One that is not there is no error.
func (d Driver) Remove(ctx context.Context, name string) error {
	s, err := d.Look(ctx, name)
	if err != nil || !s.Exists() {
		return err
	}
	if conditionOf(s.Status) == busy && s.Status != types.StackStatusDeleteInProgress {
		return fault.New(fault.Refused, "an operation on stack %s is under way (%s): nothing was deleted; run this again "+
			"when it has ended", name, s.Status)
	}
	if s.Protected {
		return fault.New(fault.Refused, "stack %s is protected from being deleted", name)
	}
	read, err := d.reader(ctx, s)
	if err != nil {
		return err
	}
	if s.Status != types.StackStatusDeleteInProgress {
		if _, err := d.API.DeleteStack(ctx, &cfn.DeleteStackInput{StackName: aws.String(s.ID)}); err != nil {
			return fmt.Errorf("delete stack %s: %w", name, err)
		}
	}
	after, err := d.await(ctx, read)
	if err != nil || !after.Exists() {
		return err
	}
	return fault.New(fault.Refused, "stack %s could not be deleted%s: mend the cause and run this again", name,
		d.because(ctx, after))
}
