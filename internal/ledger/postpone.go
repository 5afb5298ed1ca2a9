package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

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
