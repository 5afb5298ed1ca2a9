package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

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
// ErrLost means that another process has taken it over: stop.
func (l Ledger) Save(ctx context.Context, r *run.Run) error {
	doc, _, err := encode(r)
	if err != nil {
		return err
	}
	out, err := l.DB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
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
		return fmt.Errorf("save run %s: %w", r.ID, ErrLost)
	}
	if err != nil {
		return fmt.Errorf("save run %s: %w", r.ID, err)
	}
	stored, err := decode(out.Attributes)
	if err != nil {
		return err
	}
	r.Findings = stored.Findings
	return nil
}

// join adds a finding to an open run; false means that it is not open any more.
func (l Ledger) join(ctx context.Context, id string, f run.Finding) (bool, error) {
	raw, err := json.Marshal(f)
	if err != nil {
		return false, fmt.Errorf("encode finding: %w", err)
	}
	_, err = l.DB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: runItem(id),
		UpdateExpression:         aws.String("SET findings.#f = :f"),
		ConditionExpression:      aws.String("attribute_exists(pk) AND #state <> :closed"),
		ExpressionAttributeNames: map[string]string{"#state": "state", "#f": f.ID},
		ExpressionAttributeValues: values{
			":f": text(string(raw)), ":closed": text(string(run.StateClosed)),
		},
	})
	if failedCondition(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("join run %s: %w", id, err)
	}
	return true, nil
}

// Take makes an open run ours if its lease has ended, and takes the lock of its
// resource root. ErrLost means somebody is at it, or it is closed.
func (l Ledger) Take(ctx context.Context, id, owner string, ask Ask) (*run.Run, error) {
	r, err := l.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if r.State == run.StateClosed || r.Lease.After(ask.Now) {
		return nil, fmt.Errorf("run %s: %w", id, ErrLost)
	}
	before := r.Owner
	r.Owner, r.Lease, r.Due = owner, ask.Now.Add(ask.Lease), ask.Now.Add(ask.Lease)
	r.Attempts++
	failed, err := l.takeItems(ctx, r, before, ask.Now)
	switch {
	case err != nil:
		return nil, fmt.Errorf("take run %s: %w", id, err)
	case failed == nil:
		return r, nil
	case failed[0] == nil:
		return nil, fmt.Errorf("run %s: %w", id, l.later(ctx, id, ask))
	}
	return nil, fmt.Errorf("run %s: %w", id, ErrLost)
}

func (l Ledger) takeItems(ctx context.Context, r *run.Run, before string, now time.Time) ([]values, error) {
	doc, _, err := encode(r)
	if err != nil {
		return nil, err
	}
	return l.transact(ctx, []types.TransactWriteItem{
		{Update: &types.Update{
			TableName: &l.Table, Key: runItem(r.ID),
			UpdateExpression:         aws.String("SET doc = :doc, #owner = :owner, lease = :lease, due_at = :lease"),
			ConditionExpression:      aws.String("#owner = :before AND lease <= :now AND #state <> :closed"),
			ExpressionAttributeNames: map[string]string{"#state": "state", "#owner": "owner"},
			ExpressionAttributeValues: values{
				":doc": doc, ":owner": text(r.Owner), ":lease": number(r.Lease.Unix()), ":before": text(before),
				":now": number(now.Unix()), ":closed": text(string(run.StateClosed)),
			},
		}},
		l.putLock(r),
	})
}

// later pushes the due time of a run whose resource is still locked by another.
func (l Ledger) later(ctx context.Context, id string, ask Ask) error {
	_, err := l.DB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: runItem(id),
		UpdateExpression:          aws.String("SET due_at = :due"),
		ConditionExpression:       aws.String("attribute_exists(pk) AND lease <= :now"),
		ExpressionAttributeValues: values{":due": number(ask.Now.Add(ask.Retry).Unix()), ":now": number(ask.Now.Unix())},
	})
	if err != nil && !failedCondition(err) {
		return fmt.Errorf("put off: %w", err)
	}
	return ErrLost
}

func failedCondition(err error) bool {
	var failed *types.ConditionalCheckFailedException
	return errors.As(err, &failed)
}
