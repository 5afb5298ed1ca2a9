package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/run"
)

// runAttributes are what conditions and the index look at, beside the document.
func (l Ledger) runAttributes(r *run.Run, doc types.AttributeValue) values {
	return values{
		"doc": doc, "state": text(string(r.State)), "owner": text(r.Owner), "lease": number(r.Lease.Unix()),
		"due_shard": text(shard(r.ID)), "due_at": number(r.Due.Unix()), "created": number(r.Created.Unix()),
		"account": text(r.Key.Account), "control": text(r.Key.Control),
	}
}

// Save stores an open run of ours, and fills in the findings that joined it.
// run.ErrLost means that another process has taken it over: stop.
func (l Ledger) Save(ctx context.Context, r *run.Run) error {
	doc, _, err := encode(r)
	if err != nil {
		return err
	}
	out, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: runItem(r.ID),
		UpdateExpression: aws.String(
			"SET doc = :doc, #state = :state, lease = :lease, due_shard = :shard, due_at = :due"),
		ConditionExpression:      aws.String("#owner = :owner AND #state <> :closed"),
		ExpressionAttributeNames: map[string]string{"#state": "state", "#owner": "owner"},
		ExpressionAttributeValues: values{
			":doc": doc, ":state": text(string(r.State)), ":owner": text(r.Owner), ":lease": number(r.Lease.Unix()),
			":shard": text(shard(r.ID)), ":due": number(r.Due.Unix()), ":closed": text(string(run.StateClosed)),
		},
		ReturnValues: types.ReturnValueAllNew,
	})
	if failedCondition(err) {
		return fmt.Errorf("save run %s: %w", r.ID, run.ErrLost)
	}
	if err != nil {
		return fmt.Errorf("save run %s: %w", r.ID, err)
	}
	stored, err := decode(out.Attributes)
	if err != nil {
		return err
	}
	r.Grow(stored)
	return nil
}

// Take makes an open run ours if its lease has ended and its time has come, and
// takes the locks of its resource roots. run.ErrLost means that somebody is at it,
// that it waits, or that it is closed.
func (l Ledger) Take(ctx context.Context, id, owner string, ask run.Terms) (*run.Run, error) {
	r, err := l.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	waits := !ask.Early && r.Due.Unix() > ask.Now.Unix()
	if r.State == run.StateClosed || r.Lease.After(ask.Now) || waits {
		return nil, fmt.Errorf("run %s: %w", id, run.ErrLost)
	}
	before := r.Owner
	r.Owner, r.Lease, r.Due = owner, ask.Now.Add(ask.Lease), ask.Now.Add(ask.Lease)
	r.Attempts++
	failed, err := l.takeItems(ctx, r, before, ask)
	switch {
	case err != nil:
		return nil, fmt.Errorf("take run %s: %w", id, err)
	case failed == nil:
		return r, nil
	case failed[0] == nil:
		return nil, fmt.Errorf("run %s: %w", id, l.later(ctx, id, ask))
	}
	return nil, fmt.Errorf("run %s: %w", id, run.ErrLost)
}

func (l Ledger) takeItems(ctx context.Context, r *run.Run, before string, ask run.Terms) ([]values, error) {
	doc, _, err := encode(r)
	if err != nil {
		return nil, err
	}
	condition := "#owner = :before AND lease <= :now AND #state <> :closed"
	if !ask.Early {
		condition += " AND due_at <= :now"
	}
	return l.transact(ctx, append([]types.TransactWriteItem{
		{Update: &types.Update{
			TableName: &l.Table, Key: runItem(r.ID),
			UpdateExpression: aws.String(
				"SET doc = :doc, #owner = :owner, lease = :lease, due_at = :lease, due_shard = :shard"),
			ConditionExpression:      &condition,
			ExpressionAttributeNames: map[string]string{"#state": "state", "#owner": "owner"},
			ExpressionAttributeValues: values{
				":doc": doc, ":owner": text(r.Owner), ":lease": number(r.Lease.Unix()), ":before": text(before),
				":now": number(ask.Now.Unix()), ":closed": text(string(run.StateClosed)), ":shard": text(shard(r.ID)),
			},
		}},
	}, l.putLocks(r)...))
}

// later pushes the due time of a run of whose locks another run still has one.
func (l Ledger) later(ctx context.Context, id string, ask run.Terms) error {
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: runItem(id),
		UpdateExpression:          aws.String("SET due_at = :due"),
		ConditionExpression:       aws.String("attribute_exists(pk) AND lease <= :now"),
		ExpressionAttributeValues: values{":due": number(ask.Now.Add(ask.Retry).Unix()), ":now": number(ask.Now.Unix())},
	})
	if err != nil && !failedCondition(err) {
		return fmt.Errorf("put off: %w", err)
	}
	return run.ErrLost
}

func failedCondition(err error) bool {
	var failed *types.ConditionalCheckFailedException
	return errors.As(err, &failed)
}
