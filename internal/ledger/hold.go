package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/salve-security/salve/internal/run"
)

// Hold returns what keeps the engine away from a piece of work now; nil if nothing does.
func (l Ledger) Hold(ctx context.Context, k run.Key, now time.Time) (*run.Hold, error) {
	out, err := l.DB.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &l.Table, Key: workItem(k), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, fmt.Errorf("read work %s: %w", k, err)
	}
	if secondsOf(out.Item["hold_until"]) <= now.Unix() {
		return nil, nil
	}
	hold := holdOf(out.Item)
	return &hold, nil
}
