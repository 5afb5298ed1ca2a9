package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/gate"
)

// everything is the name of the stop of all controls. No control is called so.
const everything = "*"

// stopKey is the name a stop is filed under: its control, and its account behind a #.
func stopKey(control, account string) string {
	key := strings.ToLower(control)
	if control == "" {
		key = everything
	}
	if account != "" {
		key += "#" + account
	}
	return key
}

// Stop stores a stop of a person. It replaces any stop but one that ends later,
// with gate.ErrLonger.
func (l Ledger) Stop(ctx context.Context, s gate.Stop) error {
	condition := ""
	if !s.Expires.IsZero() {
		condition = "attribute_not_exists(#stops.#key) OR (#stops.#key.#ends <> :never AND #stops.#key.#ends <= :ends)"
	}
	err := l.stop(ctx, s, condition, values{":ends": number(s.Expires.Unix())})
	if failedCondition(err) {
		return gate.ErrLonger
	}
	return err
}

// Trip stores a stop of the engine, unless one holds already: that of a person
// stays. It returns the stop that holds then.
func (l Ledger) Trip(ctx context.Context, s gate.Stop, now time.Time) (gate.Stop, error) {
	const ended = "attribute_not_exists(#stops.#key) OR (#stops.#key.#ends <> :never AND #stops.#key.#ends <= :ends)"
	err := l.stop(ctx, s, ended, values{":ends": number(now.Unix())})
	if !failedCondition(err) {
		return s, err
	}
	stored, err := l.Settings(ctx)
	if err != nil {
		return gate.Stop{}, err
	}
	for _, old := range stored.Stops {
		if stopKey(old.Control, old.Account) == stopKey(s.Control, s.Account) {
			return old, nil
		}
	}
	return gate.Stop{}, fmt.Errorf("stop %s: it was lifted meanwhile", s.Control)
}

func (l Ledger) stop(ctx context.Context, s gate.Stop, condition string, v values) error {
	// A place inside a map can be written only where the map is.
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: configItem(),
		UpdateExpression:          aws.String("SET #stops = if_not_exists(#stops, :none)"),
		ExpressionAttributeNames:  map[string]string{"#stops": "stops"},
		ExpressionAttributeValues: values{":none": &types.AttributeValueMemberM{Value: values{}}},
	})
	if err != nil {
		return fmt.Errorf("make room for a stop: %w", err)
	}
	in := &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: configItem(), UpdateExpression: aws.String("SET #stops.#key = :stop"),
		ExpressionAttributeNames:  map[string]string{"#stops": "stops", "#key": stopKey(s.Control, s.Account)},
		ExpressionAttributeValues: values{":stop": encodeStop(s)},
	}
	if condition != "" {
		in.ConditionExpression = &condition
		in.ExpressionAttributeNames["#ends"] = "expires"
		in.ExpressionAttributeValues[":never"] = number(0)
		maps.Copy(in.ExpressionAttributeValues, v)
	}
	if _, err := l.update(ctx, in); err != nil {
		return fmt.Errorf("store a stop: %w", err)
	}
	return nil
}

// Resume takes the stop of a control away, or with "" that of everything; with an
// account only the control's there. False means that there is none. The count of
// failures begins anew: else the next one would stop it again.
func (l Ledger) Resume(ctx context.Context, control, account string, now time.Time) (bool, error) {
	if control != "" {
		if err := l.forget(ctx, control, account, now); err != nil {
			return false, err
		}
	}
	lifted, err := l.lift(ctx, "REMOVE #stops.#key", "attribute_exists(#stops.#key)", stopKey(control, account), nil)
	if lifted || err != nil || control != "" {
		return lifted, err
	}
	// What cannot be read stops everything: that is lifted as a whole.
	return l.lift(ctx, "REMOVE #stops", "attribute_exists(#stops) AND NOT attribute_type(#stops, :map)", "",
		values{":map": text("M")})
}

func (l Ledger) lift(ctx context.Context, update, condition, key string, v values) (bool, error) {
	in := &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: configItem(), UpdateExpression: &update, ConditionExpression: &condition,
		ExpressionAttributeNames: map[string]string{"#stops": "stops"}, ExpressionAttributeValues: v,
	}
	if key != "" {
		in.ExpressionAttributeNames["#key"] = key
	}
	_, err := l.update(ctx, in)
	if failedCondition(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lift a stop: %w", err)
	}
	return true, nil
}

func encodeStop(s gate.Stop) types.AttributeValue {
	var ends int64
	if !s.Expires.IsZero() {
		ends = s.Expires.Unix()
	}
	return &types.AttributeValueMemberM{Value: values{
		"owner": text(s.Owner), "reason": text(s.Reason), "expires": number(ends), "since": number(s.Since.Unix()),
	}}
}

// decodeStops reads what stands there. Whatever cannot be read is a stop
// without an end: it may be one of a newer release.
func decodeStops(v types.AttributeValue) []gate.Stop {
	if v == nil {
		return nil
	}
	m, ok := v.(*types.AttributeValueMemberM)
	if !ok {
		return []gate.Stop{{Origin: unreadable()}}
	}
	var out []gate.Stop
	for _, key := range slices.Sorted(maps.Keys(m.Value)) {
		s := decodeStop(m.Value[key])
		if s.Control, s.Account, _ = strings.Cut(key, "#"); s.Control == everything {
			s.Control = ""
		}
		out = append(out, s)
	}
	return out
}

func decodeStop(v types.AttributeValue) gate.Stop {
	m, ok := v.(*types.AttributeValueMemberM)
	if !ok {
		return gate.Stop{Origin: unreadable()}
	}
	ends, ok := m.Value["expires"].(*types.AttributeValueMemberN)
	if !ok {
		return gate.Stop{Origin: unreadable()}
	}
	seconds, err := strconv.ParseInt(ends.Value, 10, 64)
	if err != nil || seconds < 0 {
		return gate.Stop{Origin: unreadable()}
	}
	s := gate.Stop{Origin: gate.Origin{Owner: stringOf(m.Value["owner"]), Reason: stringOf(m.Value["reason"])}}
	if seconds > 0 {
		s.Expires = time.Unix(seconds, 0).UTC()
	}
	if since := secondsOf(m.Value["since"]); since > 0 {
		s.Since = time.Unix(since, 0).UTC()
	}
	return s
}

func unreadable() gate.Origin {
	return gate.Origin{Owner: "nobody known", Reason: "the stored stop cannot be read"}
}
