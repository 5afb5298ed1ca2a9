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

	"github.com/salve-security/salve/internal/run"
)

// Due returns the ids of open runs whose time has come, the oldest first, at
// most limit a shard. Runs of a newer schema are among them: whoever takes one
// up is told, and the others do not wait for it.
func (l Ledger) Due(ctx context.Context, now time.Time, limit int32) ([]string, error) {
	var ids []string
	for i := range dueShards {
		items, err := l.due(ctx, fmt.Sprintf("due#%d", i), now, limit)
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

func (l Ledger) closed(ctx context.Context, shard string, now time.Time, limit int32) ([]*run.Run, error) {
	items, err := l.due(ctx, shard, now, limit)
	if err != nil {
		return nil, err
	}
	var runs []*run.Run
	var errs []error
	for _, item := range items {
		r, err := decode(item)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r.Due = time.Unix(secondsOf(item["due_at"]), 0).UTC() // what Reserve goes by
		runs = append(runs, r)
	}
	return runs, errors.Join(errs...)
}

func (l Ledger) due(ctx context.Context, shard string, now time.Time, limit int32) ([]values, error) {
	out, err := l.DB.Query(ctx, &dynamodb.QueryInput{
		TableName: &l.Table, IndexName: aws.String(dueIndex), Limit: &limit,
		KeyConditionExpression:    aws.String("due_shard = :shard AND due_at <= :now"),
		ExpressionAttributeValues: values{":shard": text(shard), ":now": number(now.Unix())},
	})
	if err != nil {
		return nil, fmt.Errorf("look for what is due: %w", err)
	}
	return out.Items, nil
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
	return stringOf(item["last_fix"]), err
}

// Latest returns the ids of the last run of a piece of work and of its last
// verified one, the same once; none if there was no run.
func (l Ledger) Latest(ctx context.Context, k run.Key) ([]string, error) {
	item, err := l.work(ctx, k)
	var ids []string
	for _, name := range []string{"run_id", "last_fix"} {
		if id := stringOf(item[name]); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// Wrote returns the ids of the runs of a piece of work that changed something,
// the last first. Undos are not among them; runs that are too old to be kept are.
func (l Ledger) Wrote(ctx context.Context, k run.Key) ([]string, error) {
	item, err := l.work(ctx, k)
	list, _ := item["wrote"].(*types.AttributeValueMemberL)
	if list == nil {
		return nil, err
	}
	var ids []string
	for _, v := range slices.Backward(list.Value) {
		ids = append(ids, stringOf(v))
	}
	return ids, err
}

// Filter narrows History; zero fields match everything.
type Filter struct {
	Account, Control, Resource string
	Batch                      string // what the ids of the runs of one invocation begin with
	Since                      time.Time
}

// History returns the runs that match, in no order. It scans the table: it is
// for people, not for the engine.
func (l Ledger) History(ctx context.Context, f Filter) ([]*run.Run, error) {
	condition := "sk = :run AND created >= :since"
	v := values{":run": text("run"), ":since": number(max(0, f.Since.Unix()))}
	if f.Batch != "" {
		condition += " AND begins_with(pk, :batch)"
		v[":batch"] = text(runPrefix + run.InBatchPrefix(f.Batch))
	}
	pages := dynamodb.NewScanPaginator(l.DB, &dynamodb.ScanInput{
		TableName: &l.Table, FilterExpression: &condition, ExpressionAttributeValues: v,
		ConsistentRead: aws.Bool(true),
	})
	var runs []*run.Run
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("read history: %w", err)
		}
		for _, item := range page.Items {
			r, err := decode(item)
			if err != nil {
				return nil, err
			}
			if f.match(r) {
				runs = append(runs, r)
			}
		}
	}
	return runs, nil
}

func (f Filter) match(r *run.Run) bool {
	return (f.Account == "" || f.Account == r.Key.Account) &&
		(f.Control == "" || strings.EqualFold(f.Control, r.Key.Control)) &&
		(f.Resource == "" || f.Resource == r.Key.Resource)
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

func holdOf(item values) run.Hold {
	return run.Hold{
		Until: time.Unix(secondsOf(item["hold_until"]), 0).UTC(),
		By:    stringOf(item["hold_by"]), Reason: stringOf(item["hold_reason"]),
	}
}
