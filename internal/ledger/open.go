package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// whole is the item of a run that is new.
func whole(r *run.Run) (values, error) {
	doc, findings, err := encode(r)
	if err != nil {
		return nil, err
	}
	item := runItem(r.ID)
	maps.Copy(item, lasting(r))
	maps.Copy(item, values{
		"doc": doc, "findings": findings, "state": text(string(r.State)), "owner": text(r.Owner),
		"lease": number(r.Lease.Unix()), names.DueShard: text(dueShard(share(r.ID))), names.DueAt: number(r.Due.Unix()),
		names.Actor: text(r.Actor),
	})
	if r.Under != "" {
		item[underField] = text(r.Under)
	}
	if r.Status != "" {
		item[names.StatusDay] = text(statusDay(r.Status, r.Created, share(r.ID)))
	}
	return item, nil
}

// rewrite stores an open run of ours, to be looked for in a shard when it is due.
func (l Ledger) rewrite(r *run.Run, where string) (*types.Update, error) {
	doc, _, err := encode(r)
	if err != nil {
		return nil, err
	}
	e := edit{
		set:   []string{"doc = :doc", "#state = :state", "lease = :lease", "due_shard = :shard", "due_at = :due"},
		names: map[string]string{"#state": "state", "#owner": "owner"},
		values: values{
			":doc": doc, ":state": text(string(r.State)), ":owner": text(r.Owner), ":lease": number(r.Lease.Unix()),
			":shard": text(where), ":due": number(r.Due.Unix()), ":closed": text(string(run.StateClosed)),
		},
	}
	e.standing(r)
	return e.update(l, runItem(r.ID), "#owner = :owner AND #state <> :closed"), nil
}

// Save stores an open run of ours, and fills in the findings that joined it.
// run.ErrLost means that another process has taken it over: stop.
func (l Ledger) Save(ctx context.Context, r *run.Run) error {
	u, err := l.rewrite(r, dueShard(share(r.ID)))
	if err != nil {
		return err
	}
	in := alone(u)
	in.ReturnValues = types.ReturnValueAllNew
	out, err := l.update(ctx, in)
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
	e := edit{
		set:   []string{"doc = :doc", "#owner = :owner", "lease = :lease", "due_at = :lease", "due_shard = :shard"},
		names: map[string]string{"#state": "state", "#owner": "owner"},
		values: values{
			":doc": doc, ":owner": text(r.Owner), ":lease": number(r.Lease.Unix()), ":before": text(before),
			":now": number(ask.Now.Unix()), ":closed": text(string(run.StateClosed)),
			":shard": text(dueShard(share(r.ID))),
		},
	}
	e.standing(r)
	return l.transact(ctx, append([]types.TransactWriteItem{
		{Update: e.update(l, runItem(r.ID), condition)},
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
