package ledger

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/salve-security/salve/internal/run"
)

// KeepOff keeps the engine away from a piece of work, of which there need not have
// been a run. A hold that ends later stays.
func (l Ledger) KeepOff(ctx context.Context, k run.Key, hold run.Hold) error {
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: workItem(k),
		UpdateExpression: aws.String(
			"SET hold_until = :until, hold_by = :by, hold_reason = :why, #open = if_not_exists(#open, :no)"),
		ConditionExpression: aws.String(
			"attribute_not_exists(hold_until) OR hold_until < :until OR NOT attribute_type(hold_until, :number)"),
		ExpressionAttributeNames: map[string]string{"#open": "open"},
		ExpressionAttributeValues: values{
			":until": number(hold.Until.Unix()), ":by": text(hold.By), ":why": text(hold.Reason), ":no": truth(false),
			":number": text("N"),
		},
	})
	if err != nil && !failedCondition(err) {
		return fmt.Errorf("hold %s: %w", k, err)
	}
	return nil
}
