package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/run"
)

// perBatch is how many items one call gets. Source: API reference of BatchGetItem.
const perBatch = 100

// errUnprocessed says that DynamoDB left items out again and again.
var errUnprocessed = errors.New("the table is busy: it did not answer with all runs")

// fetch reads the runs of entries and puts those on the page that are wanted, in
// the order of the entries. A run that is gone by now is left out.
func (l Ledger) fetch(ctx context.Context, entries []entry, wanted func(*run.Run) bool, page *run.Page) error {
	for len(entries) > 0 {
		n := min(len(entries), perBatch)
		items, err := l.items(ctx, entries[:n])
		if err != nil {
			return fmt.Errorf("read runs: %w", err)
		}
		for _, e := range entries[:n] {
			item, ok := items[runPrefix+e.id]
			if !ok {
				continue
			}
			r, err := decode(item)
			switch {
			case err != nil:
				page.Skipped = append(page.Skipped, err)
			case wanted(r):
				page.Runs = append(page.Runs, r)
			}
		}
		entries = entries[n:]
	}
	return nil
}

// items reads the items of runs, by their keys.
func (l Ledger) items(ctx context.Context, entries []entry) (map[string]values, error) {
	found := map[string]values{}
	ask := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, e := range entries {
		ask.Keys = append(ask.Keys, runItem(e.id))
	}
	for tries := 0; tries <= conflictRetries; tries++ {
		out, err := l.DB.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{l.Table: ask},
		})
		if err != nil {
			return nil, fmt.Errorf("batch: %w", err)
		}
		for _, item := range out.Responses[l.Table] {
			found[stringOf(item["pk"])] = item
		}
		left := out.UnprocessedKeys[l.Table]
		switch {
		case len(left.Keys) == 0:
			return found, nil
		case len(left.Keys) < len(ask.Keys):
			tries = 0 // as much as fits into one answer, which is no trouble
		}
		if err := l.rest(ctx); err != nil {
			return nil, err
		}
		ask = left
	}
	return nil, errUnprocessed
}
