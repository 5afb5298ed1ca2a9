package ledger_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/ledger/ledgertest"
	"github.com/salve-security/salve/internal/run"
)

// stingy is a ledger whose table answers a batch of keys with a few items at a
// time, as DynamoDB does with large ones; with none it is busy.
func stingy(few int) (ledger.Ledger, *int) {
	book, pauses := open(), new(int)
	cfg := world.Orchestrator()
	cfg.APIOptions = append(cfg.APIOptions, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("Stingy", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			get, ok := in.Parameters.(*dynamodb.BatchGetItemInput)
			if !ok {
				return next.HandleInitialize(ctx, in)
			}
			ask := get.RequestItems[book.Table]
			left := ask
			left.Keys, ask.Keys = ask.Keys[min(few, len(ask.Keys)):], ask.Keys[:min(few, len(ask.Keys))]
			out, data := middleware.InitializeOutput{Result: &dynamodb.BatchGetItemOutput{}}, middleware.Metadata{}
			if len(ask.Keys) > 0 {
				var err error
				in.Parameters = &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{book.Table: ask}}
				if out, data, err = next.HandleInitialize(ctx, in); err != nil {
					return out, data, err
				}
			}
			if len(left.Keys) > 0 {
				out.Result.(*dynamodb.BatchGetItemOutput).UnprocessedKeys = map[string]types.KeysAndAttributes{book.Table: left}
			}
			return out, data, nil
		}), middleware.After)
	})
	book.DB = dynamodb.NewFromConfig(cfg)
	book.Pause = func(context.Context, time.Duration) error {
		*pauses++
		return nil
	}
	return book, pauses
}

// TestHistoryInBites: what DynamoDB leaves out is asked for again, as long as
// there is an end to it.
func TestHistoryInBites(t *testing.T) {
	batch := run.NewID(ledgertest.Began())
	for i := range 20 {
		r := ledgertest.Work(t, "S3.8", string(rune('a'+i)), "one", "f1")
		r.ID = run.InBatch(batch, ledgertest.Began())
		bench().MustClaim(t, r, ledgertest.Ask("e", 0), run.Claimed)
	}
	tests := map[string]struct {
		few, runs, pauses int
		busy              bool
	}{
		"all at once":     {few: 20, runs: 20},
		"two at a time":   {few: 2, runs: 20, pauses: 9},
		"busy for good":   {busy: true, pauses: 6},
		"all but for one": {few: 19, runs: 20, pauses: 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			book, pauses := stingy(tc.few)
			page, err := book.History(t.Context(), run.Query{Batch: batch})
			if (err != nil) != tc.busy || len(page.Runs) != tc.runs || *pauses != tc.pauses {
				t.Errorf("%d runs after %d pauses, %v; want %d after %d", len(page.Runs), *pauses, err, tc.runs, tc.pauses)
			}
		})
	}
}
