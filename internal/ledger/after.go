package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/run"
)

// afterwards is what a closed run waits for next, and until when: people have
// to be told, then Security Hub has to agree.
func afterwards(r *run.Run) (at time.Time, shard string) {
	switch {
	case !r.Tell.IsZero():
		return r.Tell, tellShard
	case !r.Confirm.IsZero():
		return r.Confirm, confirmShard
	}
	return time.Time{}, ""
}

// Told marks a closed run as told. What remains is the confirmation, if it
// waits for one.
func (l Ledger) Told(ctx context.Context, id string) error {
	err := l.told(ctx, id, "SET due_shard = :confirm, due_at = confirm_at", " AND attribute_exists(confirm_at)",
		values{":confirm": text(confirmShard)})
	if failedCondition(err) {
		err = l.told(ctx, id, "REMOVE due_shard, due_at", "", values{})
	}
	if failedCondition(err) {
		return nil // somebody else has marked it
	}
	return err
}

func (l Ledger) told(ctx context.Context, id, update, condition string, v values) error {
	v[":tell"] = text(tellShard)
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: runItem(id), UpdateExpression: &update,
		ConditionExpression: aws.String("due_shard = :tell" + condition), ExpressionAttributeValues: v,
	})
	if err != nil {
		return fmt.Errorf("mark run %s as told: %w", id, err)
	}
	return nil
}

// Unconfirmed returns closed runs that Security Hub should have confirmed by
// now. Those that can be read come along with an error about those that cannot.
func (l Ledger) Unconfirmed(ctx context.Context, now time.Time, limit int32) ([]*run.Run, error) {
	return l.closed(ctx, confirmShard, now, limit)
}

// Confirmed stores what Security Hub said of a closed run: for good, or to ask
// again at r.Confirm where that is set.
func (l Ledger) Confirmed(ctx context.Context, r *run.Run) error {
	update := "SET confirmed = :said REMOVE due_shard, due_at, confirm_at"
	v := values{":said": text(string(r.Confirmed)), ":confirm": text(confirmShard)}
	if !r.Confirm.IsZero() {
		update = "SET confirmed = :said, due_at = :at, confirm_at = :at"
		v[":at"] = number(r.Confirm.Unix())
	}
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: runItem(r.ID), UpdateExpression: &update,
		ConditionExpression: aws.String("due_shard = :confirm"), ExpressionAttributeValues: v,
	})
	if err != nil && !failedCondition(err) {
		return fmt.Errorf("store what Security Hub said of run %s: %w", r.ID, err)
	}
	return nil
}

// holdOff keeps the engine from fixing again what something keeps undoing. The
// first to notice gets the verdict Reverted, everybody after that Held.
func (l Ledger) holdOff(ctx context.Context, k run.Key, ask run.Terms) (run.Claim, bool, error) {
	hold := ask.TugOfWar()
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: workItem(k),
		UpdateExpression:    aws.String("SET hold_until = :until, hold_by = :by, hold_reason = :why"),
		ConditionExpression: aws.String("attribute_not_exists(hold_until) OR hold_until <= :now"),
		ExpressionAttributeValues: values{
			":until": number(hold.Until.Unix()), ":by": text(hold.By), ":why": text(hold.Reason),
			":now": number(ask.Now.Unix()),
		},
	})
	switch {
	case failedCondition(err):
		return run.Claim{Verdict: run.Held, Hold: hold}, false, nil
	case err != nil:
		return run.Claim{}, false, fmt.Errorf("hold off %s: %w", k, err)
	}
	return run.Claim{Verdict: run.Reverted, Hold: hold}, false, nil
}

// Once is true for the first who asks for the key, until the time it ends.
func (l Ledger) Once(ctx context.Context, key string, now, end time.Time) (bool, error) {
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: values{"pk": text("once#" + key), "sk": text("once")},
		UpdateExpression: aws.String("SET expires_at = :end"),
		ConditionExpression: aws.String(
			"attribute_not_exists(pk) OR expires_at <= :now OR NOT attribute_type(expires_at, :number)"),
		ExpressionAttributeValues: values{
			":end": number(end.Unix()), ":now": number(now.Unix()), ":number": text("N"),
		},
	})
	if failedCondition(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("note %s as done once: %w", key, err)
	}
	return true, nil
}

// Count counts an occurrence of the key and returns how many there were in the
// span of time, counted from the epoch, that now is in.
func (l Ledger) Count(ctx context.Context, key string, within time.Duration, now time.Time) (int, error) {
	span := now.UTC().Truncate(within)
	counts, err := l.add(ctx, key+"#"+span.Format(time.RFC3339), "n", span.Add(within))
	return counts["n"], err
}

// tallyFor is how long an hour's count is kept.
const tallyFor = 7 * 24 * time.Hour

// Tally counts an outcome of a control in an account, in the hour of at, and
// returns the hour's counts: what decides whether the control goes on.
func (l Ledger) Tally(ctx context.Context, control, account string, outcome run.Status, at time.Time) (
	run.Hour, error,
) {
	field := string(outcome) + "#" + account
	counts, err := l.add(ctx, hourOf(control, at), field, at.UTC().Truncate(time.Hour).Add(tallyFor))
	if err != nil {
		return nil, err
	}
	return run.HourOf(counts), nil
}

// hourOf is the key of a control's count in the hour of at.
func hourOf(control string, at time.Time) string {
	return control + "#" + at.UTC().Truncate(time.Hour).Format(time.RFC3339)
}

// forget lets a control's count of this hour begin anew, in one account if it is given.
func (l Ledger) forget(ctx context.Context, control, account string, now time.Time) error {
	key := tallyItem(hourOf(control, now))
	out, err := l.DB.GetItem(ctx, &dynamodb.GetItemInput{TableName: &l.Table, Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return fmt.Errorf("read the failures of %s: %w", control, err)
	}
	var remove []string
	fields := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(out.Item)) {
		if _, of, counts := strings.Cut(name, "#"); counts && (account == "" || of == account) {
			place := fmt.Sprintf("#f%d", len(remove))
			remove, fields[place] = append(remove, place), name
		}
	}
	// An expression has at most 4 KB.
	for part := range slices.Chunk(remove, 400) {
		names := map[string]string{}
		for _, place := range part {
			names[place] = fields[place]
		}
		_, err := l.update(ctx, &dynamodb.UpdateItemInput{
			TableName: &l.Table, Key: key, UpdateExpression: aws.String("REMOVE " + strings.Join(part, ", ")),
			ConditionExpression: aws.String("attribute_exists(pk)"), ExpressionAttributeNames: names,
		})
		if err != nil && !failedCondition(err) {
			return fmt.Errorf("forget the failures of %s: %w", control, err)
		}
	}
	return nil
}

func tallyItem(key string) values { return values{"pk": text("tally#" + key), "sk": text("tally")} }

// add counts one in a field of an item that expires, and returns all its fields.
func (l Ledger) add(ctx context.Context, key, field string, end time.Time) (map[string]int, error) {
	out, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: tallyItem(key),
		UpdateExpression:          aws.String("ADD #field :one SET expires_at = :end"),
		ExpressionAttributeNames:  map[string]string{"#field": field},
		ExpressionAttributeValues: values{":one": number(1), ":end": number(end.Unix())},
		ReturnValues:              types.ReturnValueAllNew,
	})
	if err != nil {
		return nil, fmt.Errorf("count %s of %s: %w", field, key, err)
	}
	counts := map[string]int{}
	for name, v := range out.Attributes {
		if _, isNumber := v.(*types.AttributeValueMemberN); isNumber && name != "expires_at" {
			counts[name] = int(secondsOf(v))
		}
	}
	return counts, nil
}
