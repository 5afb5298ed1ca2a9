package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// partition is one of an index: the value of the index's key.
type partition struct{ index, key, value string }

// entry is what an index knows of a run.
type entry struct{ id, place string }

const (
	atOnce       = 8    // partitions that are read at a time
	filteredPage = 1000 // entries of a page where most may not be wanted: about 250 KB
)

// newest reads the newest entries of partitions that are wanted, at most want in
// all; zero is all of them.
func (l Ledger) newest(ctx context.Context, q run.Query, want int, parts []partition) ([]entry, error) {
	var mu sync.Mutex
	var all []entry
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, p := range parts {
		g.Go(func() error {
			some, err := l.read(ctx, q, want, p)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, some...)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	slices.SortFunc(all, func(x, y entry) int { return cmp.Compare(y.place, x.place) })
	if want > 0 {
		all = all[:min(len(all), want)]
	}
	return all, nil
}

// read reads the newest entries of one partition.
func (l Ledger) read(ctx context.Context, q run.Query, want int, p partition) ([]entry, error) {
	in := &dynamodb.QueryInput{
		TableName: &l.Table, IndexName: &p.index, ScanIndexForward: aws.Bool(false),
		KeyConditionExpression:   aws.String("#key = :key AND began BETWEEN :since AND :until"),
		ExpressionAttributeNames: map[string]string{"#key": p.key},
		ExpressionAttributeValues: values{
			":key": text(p.value), ":since": text(run.Moment(q.Since)), ":until": text(until(q)),
		},
	}
	switch {
	case want > 0 && picky(q):
		in.Limit = aws.Int32(int32(max(want, filteredPage)))
	case want > 0 && q.Before != "":
		in.Limit = aws.Int32(int32(want + 1)) // the place itself is found once more
	case want > 0:
		in.Limit = aws.Int32(int32(want))
	}
	var found []entry
	for pages := dynamodb.NewQueryPaginator(l.DB, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("look through an index: %w", err)
		}
		for _, item := range page.Items {
			e := entry{strings.TrimPrefix(stringOf(item["pk"]), runPrefix), stringOf(item[names.Began])}
			if !q.Matches(e.run(item, q)) {
				continue
			}
			if found = append(found, e); want > 0 && len(found) == want {
				return found, nil
			}
		}
	}
	return found, nil
}

// picky tells that of what an index has under one key much may not be wanted.
func picky(q run.Query) bool {
	accounts := len(q.Accounts) > 0 && (q.Resource != "" || q.Status != "")
	return accounts || q.Control != "" || q.Region != "" || q.Actor != "" || q.Batch != "" ||
		q.Prefix != ""
}

// until is the last place that a query may reach.
func until(q run.Query) string {
	switch {
	case q.Before != "":
		return q.Before
	case q.Until.IsZero():
		return "~" // after all numbers
	}
	return q.End()
}

// run is the run as far as the index knows it. What it does not know is as it is
// wanted: the run itself is looked at later.
func (e entry) run(item values, q run.Query) *run.Run {
	return &run.Run{
		ID: e.id, Created: timeOf(e.place), Region: stringOf(item[names.Region]), Actor: stringOf(item[names.Actor]),
		Status: q.Status, Key: run.Key{
			Account: stringOf(item[names.Account]), Control: stringOf(item[names.Control]), Resource: q.Resource,
		},
	}
}

// timeOf is the time that a place begins with; zero where it is none.
func timeOf(place string) time.Time {
	ms, _, _ := strings.Cut(place, "#")
	n, err := strconv.ParseInt(ms, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}
