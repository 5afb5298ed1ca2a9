package ledger

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/gate"
)

// Maps in the item of the configuration. A push writes the document beside them and leaves them alone.
const (
	stopsField    = "stops"
	disablesField = "disables"
)

// endsBefore lets an entry take the place of one that has ended by :ends, and of none that has no end.
const endsBefore = "attribute_not_exists(#in.#key) OR (#in.#key.#ends <> :never AND #in.#key.#ends <= :ends)"

// byHand is an entry of one of the maps: what people and the breaker put on top of the document.
type byHand struct {
	in, key   string
	value     types.AttributeValue
	condition string // may name #in, #key, #ends and :never
	values    values // of the condition
}

// putByHand stores an entry. A condition that fails is the caller's to read.
func (l Ledger) putByHand(ctx context.Context, b byHand) error {
	// A place inside a map can be written only where the map is.
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: configItem(),
		UpdateExpression:          aws.String("SET #in = if_not_exists(#in, :none)"),
		ExpressionAttributeNames:  map[string]string{"#in": b.in},
		ExpressionAttributeValues: values{":none": &types.AttributeValueMemberM{Value: values{}}},
	})
	if err != nil {
		return fmt.Errorf("make room among %s: %w", b.in, err)
	}
	in := &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: configItem(), UpdateExpression: aws.String("SET #in.#key = :value"),
		ExpressionAttributeNames:  map[string]string{"#in": b.in, "#key": b.key},
		ExpressionAttributeValues: values{":value": b.value},
	}
	if b.condition != "" { // what no expression names is refused
		in.ConditionExpression = &b.condition
		maps.Copy(in.ExpressionAttributeValues, b.values)
	}
	if strings.Contains(b.condition, "#ends") {
		in.ExpressionAttributeNames["#ends"] = "expires"
	}
	if strings.Contains(b.condition, ":never") {
		in.ExpressionAttributeValues[":never"] = number(0)
	}
	if _, err := l.update(ctx, in); err != nil {
		return fmt.Errorf("store one of %s: %w", b.in, err)
	}
	return nil
}

// liftByHand takes an entry away; false: there is none, or its condition does not hold.
func (l Ledger) liftByHand(ctx context.Context, b byHand) (bool, error) {
	in := &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: configItem(), UpdateExpression: aws.String("REMOVE #in.#key"),
		ConditionExpression:       aws.String("attribute_exists(#in.#key)"),
		ExpressionAttributeNames:  map[string]string{"#in": b.in, "#key": b.key},
		ExpressionAttributeValues: b.values,
	}
	if b.condition != "" {
		in.ConditionExpression = &b.condition
		in.ExpressionAttributeNames["#ends"] = "expires"
	}
	return l.lift(ctx, b.in, in)
}

// liftUnread takes a map away that is none: what cannot be read holds for everything, and is lifted as a whole.
func (l Ledger) liftUnread(ctx context.Context, field string) (bool, error) {
	return l.lift(ctx, field, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: configItem(), UpdateExpression: aws.String("REMOVE #in"),
		ConditionExpression:       aws.String("attribute_exists(#in) AND NOT attribute_type(#in, :map)"),
		ExpressionAttributeNames:  map[string]string{"#in": field},
		ExpressionAttributeValues: values{":map": text("M")},
	})
}

func (l Ledger) lift(ctx context.Context, field string, in *dynamodb.UpdateItemInput) (bool, error) {
	_, err := l.update(ctx, in)
	if failedCondition(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lift one of %s: %w", field, err)
	}
	return true, nil
}

// encodeOrigin is whose an entry is, why, since when and until when; 0: until it is lifted.
func encodeOrigin(o gate.Origin, since time.Time) values {
	var ends int64
	if !o.Expires.IsZero() {
		ends = o.Expires.Unix()
	}
	return values{
		"owner": text(o.Owner), "reason": text(o.Reason), "expires": number(ends), "since": number(since.Unix()),
	}
}

// decodeOrigin reads it again; false where it cannot be told when the entry ends.
func decodeOrigin(v types.AttributeValue) (o gate.Origin, since time.Time, ok bool) {
	m, ok := v.(*types.AttributeValueMemberM)
	if !ok {
		return o, since, false
	}
	ends, ok := m.Value["expires"].(*types.AttributeValueMemberN)
	if !ok {
		return o, since, false
	}
	seconds, err := strconv.ParseInt(ends.Value, 10, 64)
	if err != nil || seconds < 0 {
		return o, since, false
	}
	o = gate.Origin{Owner: stringOf(m.Value["owner"]), Reason: stringOf(m.Value["reason"])}
	if seconds > 0 {
		o.Expires = time.Unix(seconds, 0).UTC()
	}
	if begun := secondsOf(m.Value["since"]); begun > 0 {
		since = time.Unix(begun, 0).UTC()
	}
	return o, since, true
}

// unreadable stands for who made an entry that cannot be read.
func unreadable(what string) gate.Origin {
	return gate.Origin{Owner: "nobody known", Reason: "the stored " + what + " cannot be read"}
}
