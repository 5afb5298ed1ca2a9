package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// taken is an item that was due and is given to nobody else for now.
type taken struct {
	item values // as it is by now
	was  int64  // when it was due, in seconds
}

// take gives what is due in a shard to one caller, at most limit, and makes it due again at until, should that one die.
// Beside an error is what was taken before it; what says in it what that is.
func (l Ledger) take(
	ctx context.Context, shard string, now, until time.Time, limit int32, what string,
) ([]taken, error) {
	items, err := l.due(ctx, shard, now, limit)
	if err != nil {
		return nil, err
	}
	var out []taken
	for _, item := range items {
		got, err := l.update(ctx, &dynamodb.UpdateItemInput{
			TableName: &l.Table, Key: values{"pk": item["pk"], "sk": item["sk"]},
			UpdateExpression:    aws.String("SET due_at = :until"),
			ConditionExpression: aws.String("due_shard = :shard AND due_at = :seen"),
			ExpressionAttributeValues: values{
				":until": number(until.Unix()), ":seen": item["due_at"], ":shard": text(shard),
			},
			ReturnValues: types.ReturnValueAllNew,
		})
		switch {
		case failedCondition(err):
			continue // somebody else has it, or it is not to be done any more
		case err != nil:
			return out, fmt.Errorf("take %s: %w", what, err)
		}
		out = append(out, taken{got.Attributes, secondsOf(item["due_at"])})
	}
	return out, nil
}

// alone is an update that is part of no transaction.
func alone(u *types.Update) *dynamodb.UpdateItemInput {
	return &dynamodb.UpdateItemInput{
		TableName: u.TableName, Key: u.Key, UpdateExpression: u.UpdateExpression,
		ConditionExpression: u.ConditionExpression, ExpressionAttributeNames: u.ExpressionAttributeNames,
		ExpressionAttributeValues: u.ExpressionAttributeValues,
	}
}
