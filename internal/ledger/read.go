package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// Due returns the ids of open runs whose time has come, the oldest first, at
// most limit a shard. Runs of a newer schema are among them: whoever takes one
// up is told, and the others do not wait for it.
func (l Ledger) Due(ctx context.Context, now time.Time, limit int32) ([]string, error) {
	var ids []string
	for i := range shards {
		items, err := l.due(ctx, dueShard(i), now, limit)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			ids = append(ids, strings.TrimPrefix(stringOf(item["pk"]), runPrefix))
		}
	}
	return ids, nil
}

// Untold returns closed runs that people have to be told of by now. Those that
// can be read come along with an error about those that cannot.
func (l Ledger) Untold(ctx context.Context, now time.Time, limit int32) ([]*run.Run, error) {
	return l.closed(ctx, tellShard, now, limit)
}

// closed reads on past runs that cannot be read: however many there are, they keep
// nobody else waiting.
func (l Ledger) closed(ctx context.Context, shard string, now time.Time, limit int32) ([]*run.Run, error) {
	var runs []*run.Run
	var errs []error
	for pages := l.dueIn(shard, now, limit); len(runs) < int(limit) && pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for what is due: %w", err)
		}
		for _, item := range page.Items {
			r, err := decode(item)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			r.Due = time.Unix(secondsOf(item["due_at"]), 0).UTC() // what Reserve goes by
			runs = append(runs, r)
		}
	}
	return runs[:min(len(runs), int(limit))], run.Unread(errs)
}

// due is the first page of what is due in a shard.
func (l Ledger) due(ctx context.Context, shard string, now time.Time, limit int32) ([]values, error) {
	out, err := l.dueIn(shard, now, limit).NextPage(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for what is due: %w", err)
	}
	return out.Items, nil
}

// dueIn lists what is due in a shard by a time, the oldest first.
func (l Ledger) dueIn(shard string, now time.Time, page int32) *dynamodb.QueryPaginator {
	in := l.dueQuery(shard, now)
	in.Limit = &page
	return dynamodb.NewQueryPaginator(l.DB, in)
}

func (l Ledger) dueQuery(shard string, now time.Time) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName: &l.Table, IndexName: aws.String(names.DueIndex),
		KeyConditionExpression:    aws.String("due_shard = :shard AND due_at <= :now"),
		ExpressionAttributeValues: values{":shard": text(shard), ":now": number(now.Unix())},
	}
}

// work reads the item of a piece of work; it is empty if there never was a run.
func (l Ledger) work(ctx context.Context, k run.Key) (values, error) {
	out, err := l.DB.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &l.Table, Key: workItem(k), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, fmt.Errorf("read work %s: %w", k, err)
	}
	return out.Item, nil
}

// LastFix returns the id of the last verified run of a piece of work, "" if there is none.
func (l Ledger) LastFix(ctx context.Context, k run.Key) (string, error) {
	item, err := l.work(ctx, k)
	f := fields{item: item}
	id := f.text("last_fix")
	return id, errors.Join(err, f.err())
}

// Latest returns the ids of the last run of a piece of work and of its last
// verified one, the same once; none if there was no run.
func (l Ledger) Latest(ctx context.Context, k run.Key) ([]string, error) {
	item, err := l.work(ctx, k)
	f := fields{item: item}
	var ids []string
	for _, name := range []string{"run_id", "last_fix"} {
		if id := f.text(name); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, errors.Join(err, f.err())
}

// Wrote returns the ids of the runs of a piece of work that changed something,
// the last first. Undos are not among them; runs that are too old to be kept are.
func (l Ledger) Wrote(ctx context.Context, k run.Key) ([]string, error) {
	item, err := l.work(ctx, k)
	f := fields{item: item}
	ids := f.texts("wrote")
	slices.Reverse(ids)
	return ids, errors.Join(err, f.err())
}

// MarkUndone notes on a finished run which later run took it back. The note has
// an attribute of its own: Security Hub may be asked about the run meanwhile.
func (l Ledger) MarkUndone(ctx context.Context, id, by string) error {
	if _, err := l.Get(ctx, id); err != nil {
		return err // there is none, or it is not ours to write to
	}
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: runItem(id), UpdateExpression: aws.String("SET undone_by = :by"),
		ConditionExpression:       aws.String("#state = :closed"),
		ExpressionAttributeNames:  map[string]string{"#state": "state"},
		ExpressionAttributeValues: values{":by": text(by), ":closed": text(string(run.StateClosed))},
	})
	if err != nil {
		return fmt.Errorf("mark run %s as undone: %w", id, err)
	}
	return nil
}

func hasEvent(item values, event string) bool {
	set, ok := item["events"].(*types.AttributeValueMemberSS)
	if !ok {
		return false
	}
	for _, e := range set.Value {
		if e == event {
			return true
		}
	}
	return false
}
