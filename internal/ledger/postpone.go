package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/run"
)

// Postpone puts an open run off, whatever is in it: also one of a newer schema,
// of which nothing else is touched.
func (l Ledger) Postpone(ctx context.Context, id string, until time.Time) error {
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: runItem(id), UpdateExpression: aws.String("SET due_at = :until"),
		ConditionExpression:      aws.String("attribute_exists(due_at) AND #state <> :closed"),
		ExpressionAttributeNames: map[string]string{"#state": "state"},
		ExpressionAttributeValues: values{
			":until": number(until.Unix()), ":closed": text(string(run.StateClosed)),
		},
	})
	if err != nil && !failedCondition(err) {
		return fmt.Errorf("put off run %s: %w", id, err)
	}
	return nil
}

// Rest stores an open run of ours that waits for somebody's leave and has
// written nothing, and fills in the findings that joined it. It gives its resources to others meanwhile: Take asks for
// it again. run.ErrLost means that the run is not ours any more.
func (l Ledger) Rest(ctx context.Context, r *run.Run) error {
	if err := l.setAside(ctx, r, dueShard(share(r.ID)), l.freeLocks(r)...); err != nil {
		return fmt.Errorf("let run %s rest: %w", r.ID, err)
	}
	return nil
}

// setAside stores an open run of ours where it is looked for when it is due,
// together with what that means for other items, and fills in what joined it before: whoever joins it later sees that
// nobody is at it, and tells himself. So does who has taken it over by then. That it cannot be read again is no error:
// it waits, and that has still to be said. run.ErrLost means that the run is not ours any more.
func (l Ledger) setAside(ctx context.Context, r *run.Run, where string, also ...types.TransactWriteItem) error {
	own, err := l.rewrite(r, where)
	if err != nil {
		return err
	}
	failed, err := l.transact(ctx, append([]types.TransactWriteItem{{Update: own}}, also...))
	switch {
	case err != nil:
		return err
	case failed != nil:
		return run.ErrLost
	}
	if stored, err := l.Get(ctx, r.ID); err == nil && stored.Owner == r.Owner { // a transaction returns nothing
		r.Grow(stored)
	}
	return nil
}
