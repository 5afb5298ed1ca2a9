package ledger

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/gate"
)

// mostVersions is more than anybody will ever push.
const mostVersions = 1 << 53

func configItem() values { return values{"pk": text("config"), "sk": text("config")} }

// Settings reads the document, stops and what is disabled by hand with one call.
func (l Ledger) Settings(ctx context.Context) (gate.Settings, error) {
	out, err := l.DB.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &l.Table, Key: configItem(), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return gate.Settings{}, fmt.Errorf("read configuration: %w", err)
	}
	return decodeSettings(out.Item), nil
}

var errNoDocument = errors.New("its document is missing or empty")

// decodeSettings reads what stands there. Stops may be there before any document.
func decodeSettings(item values) gate.Settings {
	f := fields{item: item}
	s := gate.Settings{
		Doc: f.text("doc"), Version: f.seconds("version"),
		Stops: decodeStops(item[stopsField]), Disables: decodeDisables(item[disablesField]),
		Moved: decodeMoved(item[movedField]), Modes: decodeModes(item[modesField]), Changes: secondsOf(item[changesField]),
	}
	if n, ok := item["version"].(*types.AttributeValueMemberN); ok && s.Version == 0 {
		s.Version = below(n.Value)
	}
	err := f.err()
	_, pushed := item["version"]
	if _, there := item["doc"]; err == nil && s.Doc == "" && (pushed || there) {
		err = errNoDocument
	}
	if err != nil {
		s.Unread = fmt.Errorf("the stored configuration cannot be read, push it again: %w", err)
	}
	return s
}

// below is the version that a push counts on from where the stored one is a fraction; 0 where that is none.
func below(version string) int64 {
	n, err := strconv.ParseFloat(version, 64)
	if err != nil || n < 0 || n > mostVersions {
		return 0
	}
	return int64(n)
}

// Config returns the stored configuration document and its version; "" and 0
// before the first push.
func (l Ledger) Config(ctx context.Context) (doc string, version int64, err error) {
	s, err := l.Settings(ctx)
	return s.Doc, s.Version, errors.Join(err, s.Unread)
}
