package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// ErrConflict says that somebody else stored a configuration since ours was read.
var ErrConflict = errors.New("the stored configuration changed meanwhile: read it again")

// Config returns the stored configuration document and its version; "" and 0
// before the first push.
func (l Ledger) Config(ctx context.Context) (doc string, version int64, err error) {
	out, err := l.DB.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &l.Table, Key: values{"pk": text("config"), "sk": text("config")}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return "", 0, fmt.Errorf("read configuration: %w", err)
	}
	return stringOf(out.Item["doc"]), secondsOf(out.Item["version"]), nil
}

// PushConfig stores a configuration document in place of version.
func (l Ledger) PushConfig(ctx context.Context, doc string, version int64) error {
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: values{"pk": text("config"), "sk": text("config")},
		UpdateExpression:          aws.String("SET doc = :doc, version = :next"),
		ConditionExpression:       aws.String("attribute_not_exists(pk) OR version = :version"),
		ExpressionAttributeValues: values{":doc": text(doc), ":version": number(version), ":next": number(version + 1)},
	})
	if failedCondition(err) {
		return ErrConflict
	}
	if err != nil {
		return fmt.Errorf("store configuration: %w", err)
	}
	return nil
}
