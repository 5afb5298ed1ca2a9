package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// conditionFailed is the reason code of a transaction item whose condition did
// not hold. Source: API reference of TransactWriteItems, CancellationReason.
const conditionFailed = "ConditionalCheckFailed"

// transact writes the items together. Where conditions fail it returns, by the
// items' places, what stood there (an empty map where AWS does not say); nil
// means written. Transactions in the way are waited for; any other cancellation
// is an error.
func (l Ledger) transact(ctx context.Context, items []types.TransactWriteItem) ([]values, error) {
	err := l.patiently(ctx, func() error {
		// A new input each time: its token names one attempt.
		_, err := l.DB.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
		if err != nil {
			return fmt.Errorf("transaction: %w", err)
		}
		return nil
	})
	if err == nil {
		return nil, nil
	}
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return nil, err
	}
	failed := make([]values, len(items))
	any := false
	for i, reason := range cancelled.CancellationReasons {
		if i < len(failed) && reason.Code != nil && *reason.Code == conditionFailed {
			any = true
			failed[i] = values{}
			if reason.Item != nil {
				failed[i] = reason.Item
			}
		}
	}
	if !any {
		return nil, err
	}
	return failed, nil
}
