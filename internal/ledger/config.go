package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/salve-security/salve/internal/gate"
)

// ErrConflict says that somebody else stored a configuration since ours was read.
var ErrConflict = errors.New("the stored configuration changed meanwhile: read it again")

// Settings is all that stands in the configuration item.
type Settings struct {
	Doc     string // the configuration document; "" before the first push
	Version int64  // of the document
	Stops   []gate.Stop
}

func configItem() values { return values{"pk": text("config"), "sk": text("config")} }

// Settings reads document and stops with one call.
func (l Ledger) Settings(ctx context.Context) (Settings, error) {
	out, err := l.DB.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &l.Table, Key: configItem(), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return Settings{}, fmt.Errorf("read configuration: %w", err)
	}
	return Settings{
		Doc: stringOf(out.Item["doc"]), Version: secondsOf(out.Item["version"]), Stops: decodeStops(out.Item["stops"]),
	}, nil
}

// Config returns the stored configuration document and its version; "" and 0
// before the first push.
func (l Ledger) Config(ctx context.Context) (doc string, version int64, err error) {
	s, err := l.Settings(ctx)
	return s.Doc, s.Version, err
}

// PushConfig stores a configuration document in place of version. Stops stay:
// they may be there before any document.
func (l Ledger) PushConfig(ctx context.Context, doc string, version int64) error {
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: configItem(),
		UpdateExpression:          aws.String("SET doc = :doc, version = :next"),
		ConditionExpression:       aws.String("attribute_not_exists(version) OR version = :version"),
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
