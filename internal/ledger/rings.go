package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/gate"
)

// Attributes of the item of the configuration about rings: a push writes the modes, a change of a ring the rest.
const (
	movedField   = "moved"
	modesField   = "modes"
	changesField = "changes"
)

// changePrefix begins the sort key of a change of a ring in the partition of the configuration. As a pushed document,
// one takes the place of an old one.
const changePrefix = "ring#"

func changeItem(n int64) values {
	return values{"pk": text("config"), "sk": text(fmt.Sprintf("%s%03d", changePrefix, n%gate.KeptChanges))}
}

// MoveRing moves a control to another ring and keeps the change, together. Its number follows the last one's, and its
// version is that of the stored document: else gate.ErrConflict says that something else was decided meanwhile.
func (l Ledger) MoveRing(ctx context.Context, c gate.Change) error {
	stored, err := l.Settings(ctx)
	if err != nil {
		return err
	}
	if stored.Changes != c.Number-1 || stored.Version != c.Version {
		return l.movedBefore(ctx, c)
	}
	moved, err := c.In(stored.Moved)
	if err != nil {
		return err
	}
	condition, v := "version = :version AND attribute_not_exists(changes)", values{":version": number(c.Version)}
	if stored.Changes > 0 {
		condition = "version = :version AND changes = :last"
		v[":last"] = number(stored.Changes)
	}
	v[":moved"], v[":number"] = encodeMoved(moved), number(c.Number)
	refused, err := l.transact(ctx, []types.TransactWriteItem{{Update: &types.Update{
		TableName: &l.Table, Key: configItem(), UpdateExpression: aws.String("SET moved = :moved, changes = :number"),
		ConditionExpression: &condition, ExpressionAttributeValues: v,
	}}, {Update: l.keepChange(c)}})
	if err != nil {
		return fmt.Errorf("move %s to ring %s: %w", c.Control, c.To, err)
	}
	if refused != nil {
		return l.movedBefore(ctx, c)
	}
	return nil
}

// movedBefore tells whether the answer to our own transaction was lost, and it was tried again.
func (l Ledger) movedBefore(ctx context.Context, c gate.Change) error {
	kept, err := l.RingChanges(ctx)
	if err == nil && slices.Contains(kept, c.Kept()) {
		return nil
	}
	return gate.ErrConflict
}

func (l Ledger) keepChange(c gate.Change) *types.Update {
	c = c.Kept()
	return &types.Update{
		TableName: &l.Table, Key: changeItem(c.Number),
		UpdateExpression: aws.String("SET #number = :number, of_control = :control, from_ring = :from, to_ring = :to, " +
			"bound = :bound, version = :version, #by = :by, why = :why, #at = :at, salve = :salve"),
		ExpressionAttributeNames: map[string]string{"#number": "number", "#by": "by", "#at": "at"},
		ExpressionAttributeValues: values{
			":number": number(c.Number), ":control": text(c.Control), ":from": text(c.From), ":to": text(c.To),
			":bound": number(c.Bound), ":version": number(c.Version), ":by": text(c.By), ":why": text(c.Why),
			":at": number(c.At.Unix()), ":salve": truth(c.Salve),
		},
	}
}

// RingChanges lists the changes of rings that are kept, the newest first.
func (l Ledger) RingChanges(ctx context.Context) ([]gate.Change, error) {
	pages := dynamodb.NewQueryPaginator(l.DB, &dynamodb.QueryInput{
		TableName: &l.Table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("pk = :pk AND begins_with(sk, :prefix)"),
		ExpressionAttributeValues: values{":pk": text("config"), ":prefix": text(changePrefix)},
	})
	var out []gate.Change
	var errs []error
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the changes of rings: %w", err)
		}
		for _, item := range page.Items {
			f := fields{item: item}
			out = append(out, gate.Change{
				Number: f.seconds("number"), Control: f.text("of_control"), From: f.text("from_ring"), To: f.text("to_ring"),
				Bound: f.seconds("bound"), Version: f.seconds("version"), By: f.text("by"), Why: f.text("why"),
				At: time.Unix(f.seconds("at"), 0).UTC(), Salve: boolOf(item["salve"]),
			})
			errs = append(errs, f.err())
		}
	}
	slices.SortFunc(out, func(x, y gate.Change) int { return int(y.Number - x.Number) })
	return out, errors.Join(errs...)
}

func encodeMoved(moved map[string]gate.Moved) types.AttributeValue {
	out := values{}
	for key, m := range moved {
		out[key] = &types.AttributeValueMemberM{Value: values{
			"ring": text(m.Ring), "bound": number(m.Bound), "change": number(m.Change), "at": number(m.At.Unix()),
			"salve": truth(m.Salve),
		}}
	}
	return &types.AttributeValueMemberM{Value: out}
}

// decodeMoved reads in which rings controls are. What cannot be read is not there: such a control begins anew.
func decodeMoved(v types.AttributeValue) map[string]gate.Moved {
	m, ok := v.(*types.AttributeValueMemberM)
	if !ok {
		return nil
	}
	out := map[string]gate.Moved{}
	for key, v := range m.Value {
		entry, ok := v.(*types.AttributeValueMemberM)
		if !ok {
			continue
		}
		f := fields{item: entry.Value}
		moved := gate.Moved{
			Ring: f.text("ring"), Bound: f.seconds("bound"), Change: f.seconds("change"),
			At: time.Unix(f.seconds("at"), 0).UTC(), Salve: boolOf(entry.Value["salve"]),
		}
		if f.err() == nil && moved.Ring != "" && moved.Change > 0 {
			out[key] = moved
		}
	}
	return out
}

func encodeModes(modes map[string]int64) types.AttributeValue {
	out := values{}
	for key, version := range modes {
		out[key] = number(version)
	}
	return &types.AttributeValueMemberM{Value: out}
}

func decodeModes(v types.AttributeValue) map[string]int64 {
	m, ok := v.(*types.AttributeValueMemberM)
	if !ok {
		return nil
	}
	out := map[string]int64{}
	for _, key := range slices.Sorted(maps.Keys(m.Value)) {
		out[key] = secondsOf(m.Value[key])
	}
	return out
}

func boolOf(v types.AttributeValue) bool {
	b, ok := v.(*types.AttributeValueMemberBOOL)
	return ok && b.Value
}
