package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// Waiting returns what waits and is wanted, at most q.Limit runs: first those whose
// plan waits for approval, the one that waits longest first, then open runs, the
// next one due first. There are no further pages. It reads what waits now, however
// much has ended.
func (l Ledger) Waiting(ctx context.Context, q run.Query) (run.Page, error) {
	var page run.Page
	asked, err := l.Approvals(ctx, q)
	if err != nil {
		return page, err
	}
	open, err := l.Open(ctx, q)
	if err != nil {
		return page, err
	}
	page.Runs, page.Skipped = append(asked.Runs, open.Runs...), append(asked.Skipped, open.Skipped...)
	if q.Limit > 0 {
		page.Runs = page.Runs[:min(len(page.Runs), q.Limit)]
	}
	return page, nil
}

// Approvals returns the runs whose plan waits for approval, the one that waits
// longest first: of each piece of work the last one that asked, until a later run
// has carried it out or found nothing to do.
func (l Ledger) Approvals(ctx context.Context, q run.Query) (run.Page, error) {
	var page run.Page
	items, err := l.all(ctx, l.approvalQueries(q.Accounts))
	if err != nil {
		return page, fmt.Errorf("look for approvals: %w", err)
	}
	var entries []entry
	for _, item := range items {
		_, place, _ := strings.Cut(stringOf(item[names.ApprovalAt]), "#")
		e := entry{stringOf(item[names.Asked]), place}
		if q.Matches(asking(e, item, q)) {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(x, y entry) int { return cmp.Compare(x.place, y.place) })
	// Those that cannot be read take nobody's place.
	for len(entries) > 0 && (q.Limit == 0 || len(page.Runs) < q.Limit) {
		n := len(entries)
		if q.Limit > 0 {
			n = min(n, q.Limit-len(page.Runs))
		}
		if err := l.fetch(ctx, entries[:n], q.Matches, &page); err != nil {
			return page, err
		}
		entries = entries[n:]
	}
	return page, nil
}

// approvalQueries look for what waits in the accounts; in all where none is named.
func (l Ledger) approvalQueries(accounts []string) []*dynamodb.QueryInput {
	var queries []*dynamodb.QueryInput
	for i := range shards {
		all := dynamodb.QueryInput{
			TableName: &l.Table, IndexName: aws.String(names.ApprovalIndex),
			KeyConditionExpression:    aws.String("approval_shard = :shard"),
			ExpressionAttributeValues: values{":shard": text(approvalShard(i))},
		}
		if len(accounts) == 0 {
			queries = append(queries, &all)
		}
		for _, account := range accounts {
			one := all
			one.KeyConditionExpression = aws.String("approval_shard = :shard AND begins_with(approval_at, :account)")
			one.ExpressionAttributeValues = values{
				":shard": text(approvalShard(i)), ":account": text(account + "#"),
			}
			queries = append(queries, &one)
		}
	}
	return queries
}

// asking is the run that asked, as far as the item of its work tells.
func asking(e entry, item values, q run.Query) *run.Run {
	r := e.run(item, q)
	key := strings.SplitN(strings.TrimPrefix(stringOf(item["pk"]), workPrefix), "#", 4)
	if len(key) == 4 {
		r.Key = run.Key{Account: key[0], Scope: key[1], Control: key[2], Resource: key[3]}
	}
	return r
}

// Open returns open runs, the next one due first: those that are at work, put off
// or parked, and those that wait for their account to get the role.
func (l Ledger) Open(ctx context.Context, q run.Query) (run.Page, error) {
	var page run.Page
	places, err := l.openShards(ctx)
	if err != nil {
		return page, err
	}
	var queries []*dynamodb.QueryInput
	for _, shard := range places {
		queries = append(queries, l.dueQuery(shard, forever()))
	}
	items, err := l.all(ctx, queries)
	if err != nil {
		return page, fmt.Errorf("look for open runs: %w", err)
	}
	for _, item := range items {
		r, err := decode(item)
		switch {
		case err != nil:
			page.Skipped = append(page.Skipped, err)
		case r.State != run.StateClosed && q.Matches(r):
			page.Runs = append(page.Runs, r)
		}
	}
	slices.SortFunc(page.Runs, func(x, y *run.Run) int { return cmp.Or(x.Due.Compare(y.Due), cmp.Compare(x.ID, y.ID)) })
	if q.Limit > 0 {
		page.Runs = page.Runs[:min(len(page.Runs), q.Limit)]
	}
	return page, nil
}

// openShards are where open runs are filed.
func (l Ledger) openShards(ctx context.Context) ([]string, error) {
	var places []string
	for i := range shards {
		places = append(places, dueShard(i))
	}
	accounts, err := l.all(ctx, []*dynamodb.QueryInput{l.dueQuery(accountShard, forever())})
	if err != nil {
		return nil, fmt.Errorf("look for accounts without the role: %w", err)
	}
	for _, item := range accounts {
		places = append(places, stringOf(item["pk"]))
	}
	return places, nil
}

// forever is after all due times.
func forever() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }

// all reads all pages of queries.
func (l Ledger) all(ctx context.Context, queries []*dynamodb.QueryInput) ([]values, error) {
	found := make([][]values, len(queries))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, in := range queries {
		g.Go(func() error {
			for pages := dynamodb.NewQueryPaginator(l.DB, in); pages.HasMorePages(); {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return fmt.Errorf("query: %w", err)
				}
				found[i] = append(found[i], page.Items...)
			}
			return nil
		})
	}
	err := g.Wait()
	return slices.Concat(found...), err
}
