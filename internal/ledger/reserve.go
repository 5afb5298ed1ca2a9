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

// Reserve gives a closed run that Untold or Unconfirmed returned to the first
// who asks, so that of two sweeps only one tells people. It is due again at
// until, should the process die. What became known of the run is filled in.
func (l Ledger) Reserve(ctx context.Context, r *run.Run, until time.Time) (bool, error) {
	out, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: runItem(r.ID), UpdateExpression: aws.String("SET due_at = :until"),
		ConditionExpression: aws.String("due_at = :seen AND due_shard IN (:tell, :confirm)"),
		ExpressionAttributeValues: values{
			":until": number(until.Unix()), ":seen": number(r.Due.Unix()),
			":tell": text(tellShard), ":confirm": text(confirmShard),
		},
		ReturnValues: types.ReturnValueAllNew,
	})
	if failedCondition(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reserve run %s: %w", r.ID, err)
	}
	stored, err := decode(out.Attributes)
	if err != nil {
		return false, err
	}
	r.Due, r.UndoneBy = until, stored.UndoneBy
	return true, nil
}
