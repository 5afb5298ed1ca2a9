package ledger_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/ledger/ledgertest"
	"github.com/salve-security/salve/internal/run"
)

// transactions lets only one transaction at a time be at an item, as DynamoDB does.
type transactions struct {
	mu    sync.Mutex
	busy  map[string]bool
	ended chan struct{} // closed when the next one ends
	first sync.Once
	met   chan struct{} // closed when one was in the way of another; none ends before
}

// begin is false if a transaction is at one of the items. A single write is
// in nobody's way.
func (x *transactions) begin(keys []string, single bool) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, k := range keys {
		if x.busy[k] {
			x.first.Do(func() { close(x.met) })
			return false
		}
	}
	for _, k := range keys {
		if !single {
			x.busy[k] = true
		}
	}
	return true
}

func (x *transactions) end(keys []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, k := range keys {
		delete(x.busy, k)
	}
	close(x.ended)
	x.ended = make(chan struct{})
}

// pause ends with the next transaction, at once if none is under way.
func (x *transactions) pause(ctx context.Context, _ time.Duration) error {
	x.mu.Lock()
	ended, idle := x.ended, len(x.busy) == 0
	x.mu.Unlock()
	if idle {
		return nil
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// addTo puts the transactions in front of a client.
func (x *transactions) addTo(cfg *aws.Config) {
	cfg.APIOptions = append(cfg.APIOptions, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("Transactions", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			if keys := itemsOf(in.Parameters); len(keys) > 0 {
				_, single := in.Parameters.(*dynamodb.UpdateItemInput)
				if !x.begin(keys, single) {
					return middleware.InitializeOutput{}, middleware.Metadata{}, conflict(in.Parameters)
				}
				if !single {
					defer x.end(keys)
					<-x.met
				}
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.After)
	})
}

// itemsOf are the items that a write is at.
func itemsOf(input any) []string {
	var keys []string
	add := func(key item) { keys = append(keys, key["pk"].(*types.AttributeValueMemberS).Value) }
	switch in := input.(type) {
	case *dynamodb.UpdateItemInput:
		add(in.Key)
	case *dynamodb.TransactWriteItemsInput:
		for _, i := range in.TransactItems {
			switch {
			case i.Update != nil:
				add(i.Update.Key)
			case i.Put != nil:
				add(i.Put.Item)
			case i.Delete != nil:
				add(i.Delete.Key)
			}
		}
	}
	return keys
}

// TestClaimsMeetAtOnce: processes that want the same work at the same moment,
// with a table that refuses whoever comes while a transaction is under way.
func TestClaimsMeetAtOnce(t *testing.T) {
	const processes = 4
	x := &transactions{busy: map[string]bool{}, ended: make(chan struct{}), met: make(chan struct{})}
	verdicts, errs := make([]run.Claim, processes), make([]error, processes)
	var wait sync.WaitGroup
	begin := make(chan struct{})
	for i := range processes {
		cfg := world.Orchestrator()
		x.addTo(&cfg)
		book := open()
		book.DB, book.Pause = dynamodb.NewFromConfig(cfg), x.pause
		owner := fmt.Sprintf("p%d", i)
		r := ledgertest.Work(t, "S3.8", "a", owner, "f-"+owner)
		wait.Go(func() {
			<-begin
			verdicts[i], errs[i] = book.Claim(t.Context(), r, ledgertest.Ask("e-f-"+owner, 0))
		})
	}
	close(begin)
	wait.Wait()
	count := map[run.Verdict]int{}
	for i, v := range verdicts {
		if errs[i] != nil {
			t.Error(errs[i])
		}
		count[v.Verdict]++
		if v.Verdict == run.Claimed {
			if n := len(bench().MustGet(t, v.Run.ID).Findings); n != processes {
				t.Errorf("%d findings will hear of the result, want %d", n, processes)
			}
		}
	}
	if d := cmp.Diff(map[run.Verdict]int{run.Claimed: 1, run.Joined: processes - 1}, count); d != "" {
		t.Error(d)
	}
}
