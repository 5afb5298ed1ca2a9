package ledger_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/run"
)

const (
	fewRuns  = 100
	manyRuns = 20000
)

// cost is what a ledger reads for a page.
type cost struct {
	Calls  map[string]int // by operation
	Looked int32          // entries of indexes, wanted or not
	Read   int            // runs
}

// meter counts what is read; partitions are read at the same time.
type meter struct {
	mu sync.Mutex
	cost
}

func (m *meter) count(out any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Calls[strings.TrimPrefix(fmt.Sprintf("%T", out), "*dynamodb.")]++
	switch out := out.(type) {
	case *dynamodb.QueryOutput:
		m.Looked += out.ScannedCount
	case *dynamodb.BatchGetItemOutput:
		for _, items := range out.Responses {
			m.Read += len(items)
		}
	}
}

// metered is a ledger whose reading is counted.
func metered() (ledger.Ledger, *meter) {
	m := &meter{cost: cost{Calls: map[string]int{}}}
	cfg := world.Orchestrator()
	cfg.APIOptions = append(cfg.APIOptions, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("Meter", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			out, data, err := next.HandleInitialize(ctx, in)
			if err == nil {
				m.count(out.Result)
			}
			return out, data, err
		}), middleware.After)
	})
	book := open()
	book.DB = dynamodb.NewFromConfig(cfg)
	return book, m
}

// thatDay is a day on which no other test has runs.
func thatDay() time.Time { return time.Date(2031, 3, 14, 0, 0, 0, 0, time.UTC) }

// numbered is a closed run of that day. Every third failed; a tenth of all runs is
// in the same account, a tenth on the same resource, and the first are of a batch.
func numbered(n int) *run.Run {
	r := &run.Run{
		Schema: run.Schema, ID: fmt.Sprintf("r%016d", n), State: run.StateClosed, Status: run.StatusVerified,
		Created: thatDay().Add(time.Duration(n*7919%86400) * time.Second), Region: "us-east-1", Actor: "Security Hub",
		Key: run.Key{
			Account: fmt.Sprintf("4%011d", n%10), Scope: "us-east-1", Control: "S3.8",
			Resource: fmt.Sprintf("arn:sized:%d", n/10%10),
		},
	}
	if n%3 == 0 {
		r.Status = run.StatusFailed
	}
	if n < 20 {
		r.ID = run.InBatchPrefix("rsized") + fmt.Sprint(n)
	}
	return r
}

// seed stores runs as they are when they are closed.
func seed(t *testing.T, runs []*run.Run) {
	t.Helper()
	book := history()
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(4)
	for some := range slices.Chunk(runs, 25) {
		g.Go(func() error {
			var puts []types.WriteRequest
			for _, r := range some {
				item, err := ledger.ItemOfClosed(r)
				if err != nil {
					return err
				}
				puts = append(puts, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
			}
			out, err := book.DB.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
				RequestItems: map[string][]types.WriteRequest{book.Table: puts},
			})
			if err == nil && len(out.UnprocessedItems) > 0 {
				return fmt.Errorf("%d items were not taken", len(out.UnprocessedItems[book.Table]))
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// pages are what people look at, a page each.
func pages() map[string]run.Query {
	day := run.Query{Since: thatDay(), Until: thatDay().Add(24 * time.Hour), Limit: 5}
	account, status, resource, both := day, day, day, day
	account.Accounts = []string{"400000000003"}
	both.Accounts = []string{"400000000003", "400000000007"}
	status.Status = run.StatusFailed
	resource.Resource = "arn:sized:7"
	return map[string]run.Query{
		"all": day, "an account": account, "two accounts": both, "a status": status, "a resource": resource,
		"a batch": {Batch: "rsized"},
	}
}

// newest are the ids of the runs that a query should find.
func newest(runs []*run.Run, q run.Query) []string {
	slices.SortFunc(runs, func(x, y *run.Run) int { return strings.Compare(y.Place(), x.Place()) })
	var ids []string
	for _, r := range runs {
		if q.Matches(r) && (q.Limit == 0 || len(ids) < q.Limit) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// turned is a page of the ledger, and what it cost.
func turned(t *testing.T, q run.Query) (ids []string, next string, c cost) {
	t.Helper()
	book, m := metered()
	page, err := book.History(t.Context(), q)
	if err != nil || len(page.Skipped) > 0 {
		t.Fatal(err, page.Skipped)
	}
	for _, r := range page.Runs {
		ids = append(ids, r.ID)
	}
	return ids, page.Next, m.cost
}

// TestHistoryOfAnySize: a page costs the same calls and reads as much with a
// hundred runs as with twenty thousand.
func TestHistoryOfAnySize(t *testing.T) {
	costs := map[string]cost{}
	var runs []*run.Run
	for _, size := range []int{fewRuns, manyRuns} {
		var more []*run.Run
		for n := len(runs); n < size; n++ {
			more = append(more, numbered(n))
		}
		seed(t, more)
		runs = append(runs, more...)
		for name, q := range pages() {
			ids, _, c := turned(t, q)
			if d := cmp.Diff(newest(runs, q), ids); d != "" {
				t.Errorf("%s of %d runs (-want +got):\n%s", name, size, d)
			}
			t.Logf("%s of %d runs: %+v", name, size, c)
			if before, known := costs[name]; known {
				if d := cmp.Diff(before, c); d != "" {
					t.Errorf("%s costs another price with %d runs:\n%s", name, size, d)
				}
			}
			costs[name] = c
		}
	}
	everyPage(t, runs)
}

// everyPage turns the pages of an account: each run once, each page at one price.
func everyPage(t *testing.T, runs []*run.Run) {
	t.Helper()
	q := run.Query{Accounts: []string{"400000000003"}, Since: thatDay(), Until: thatDay().Add(24 * time.Hour)}
	want := newest(runs, q)
	q.Limit = 100
	var got []string
	for more := true; more; more = q.Before != "" {
		ids, next, c := turned(t, q)
		if c.Calls["QueryOutput"] != 1 || c.Calls["BatchGetItemOutput"] != 1 || c.Looked > 102 || c.Read != len(ids) {
			t.Errorf("the page after %q costs %+v", q.Before, c)
		}
		got, q.Before = append(got, ids...), next
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
