package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/run"
)

const lockPrefix = run.LockPrefix

// WorkItem is the key of the item of a piece of work, LockItem that of a lock.
func WorkItem(k run.Key) string { return workPrefix + k.String() }

// LockItem is the key of the item of a lock.
func LockItem(lock string) string { return lockPrefix + lock }

// Left reads who has items, by their keys: locks, and pieces of work. What nobody has is
// left out.
func (l Ledger) Left(ctx context.Context, items ...string) ([]run.Left, error) {
	var out []run.Left
	for _, item := range items {
		left, held, err := l.left(ctx, item)
		if err != nil {
			return nil, err
		}
		if held {
			out = append(out, left)
		}
	}
	return out, nil
}

func (l Ledger) left(ctx context.Context, item string) (run.Left, bool, error) {
	key, err := keyOf(item)
	if err != nil {
		return run.Left{}, false, err
	}
	stored, err := l.item(ctx, key)
	if err != nil || stored == nil {
		return run.Left{}, false, err
	}
	open, _ := stored["open"].(*types.AttributeValueMemberBOOL)
	if strings.HasPrefix(item, workPrefix) && open != nil && !open.Value {
		return run.Left{}, false, nil
	}
	f := fields{item: stored}
	left := run.Left{Item: item, Run: f.text("run_id")}
	if err := f.err(); err != nil {
		return run.Left{}, false, fmt.Errorf("read %w", err)
	}
	of, err := l.item(ctx, runItem(left.Run))
	left.Holds, left.Lease = holding(of)
	return left, err == nil, err
}

// holding says how it stands with a run, without minding what else is in it.
func holding(of values) (run.Holding, time.Time) {
	if of == nil {
		return run.HoldingMissing, time.Time{}
	}
	f := fields{item: of}
	state, lease := f.text("state"), f.seconds("lease")
	_, err := decode(of)
	switch {
	case state == string(run.StateClosed):
		return run.HoldingClosed, time.Time{}
	case err != nil:
		return run.HoldingUnread, time.Unix(lease, 0).UTC()
	}
	return run.HoldingOpen, time.Unix(lease, 0).UTC()
}

func (l Ledger) item(ctx context.Context, key values) (values, error) {
	out, err := l.DB.GetItem(ctx, &dynamodb.GetItemInput{TableName: &l.Table, Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", stringOf(key["pk"]), err)
	}
	return out.Item, nil
}

var errNoLeft = errors.New(`it is none that can be released: it begins with "lock#" or "work#"`)

func keyOf(item string) (values, error) {
	switch {
	case strings.HasPrefix(item, lockPrefix):
		return lockItem(strings.TrimPrefix(item, lockPrefix)), nil
	case strings.HasPrefix(item, workPrefix):
		return values{"pk": text(item), "sk": text("work")}, nil
	}
	return nil, fmt.Errorf("item %q: %w", item, errNoLeft)
}

// GiveBack releases an item that Left returned. False means that it is another's by
// now, or that its run is open: nothing was changed then.
func (l Ledger) GiveBack(ctx context.Context, left run.Left, now time.Time) (bool, error) {
	key, err := keyOf(left.Item)
	if err != nil {
		return false, err
	}
	ours := values{":run": text(left.Run)}
	give := types.TransactWriteItem{Delete: &types.Delete{
		TableName: &l.Table, Key: key, ConditionExpression: aws.String("run_id = :run"), ExpressionAttributeValues: ours,
	}}
	if strings.HasPrefix(left.Item, workPrefix) {
		ours[":no"] = truth(false)
		give = types.TransactWriteItem{Update: &types.Update{
			TableName: &l.Table, Key: key, UpdateExpression: aws.String("SET #open = :no"),
			ConditionExpression:       aws.String("run_id = :run AND #open <> :no"),
			ExpressionAttributeNames:  map[string]string{"#open": "open"},
			ExpressionAttributeValues: ours,
		}}
	}
	condition := "attribute_not_exists(pk) OR #state = :closed"
	v := values{":closed": text(string(run.StateClosed))}
	if left.Holds == run.HoldingUnread {
		condition += " OR lease <= :now OR NOT attribute_type(lease, :number)"
		v[":now"], v[":number"] = number(now.Unix()), text("N")
	}
	failed, err := l.transact(ctx, []types.TransactWriteItem{give, {ConditionCheck: &types.ConditionCheck{
		TableName: &l.Table, Key: runItem(left.Run), ConditionExpression: &condition,
		ExpressionAttributeNames: map[string]string{"#state": "state"}, ExpressionAttributeValues: v,
	}}})
	if err != nil {
		return false, fmt.Errorf("release %s: %w", left.Item, err)
	}
	return failed == nil, nil
}
