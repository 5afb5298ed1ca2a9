package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// DynamoDB refuses a write to an item that a transaction is at, and the SDK
// does not try that again. Transactions are over in milliseconds.
const (
	conflictRetries = 5
	shortestPause   = 20 * time.Millisecond
	longestPause    = 200 * time.Millisecond
)

// transactionConflict is the reason code of a transaction item that another
// transaction is at. Source: API reference of TransactWriteItems, CancellationReason.
const transactionConflict = "TransactionConflict"

// patiently writes again as long as other transactions are in the way. The
// pauses differ, so that those who met once do not meet again.
func (l Ledger) patiently(ctx context.Context, write func() error) error {
	for range conflictRetries {
		err := write()
		if !inConflict(err) {
			return err
		}
		if ended := l.rest(ctx); ended != nil {
			return errors.Join(err, ended)
		}
	}
	return write()
}

// rest is a short pause of some length.
func (l Ledger) rest(ctx context.Context) error {
	pause := l.Pause
	if pause == nil {
		pause = sleep
	}
	return pause(ctx, shortestPause+rand.N(longestPause-shortestPause))
}

// inConflict tells that nothing but other transactions kept us from writing. A
// condition that failed is an answer, whatever else was in the way.
func inConflict(err error) bool {
	var single *types.TransactionConflictException
	if errors.As(err, &single) {
		return true
	}
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return false
	}
	conflict := false
	for _, reason := range cancelled.CancellationReasons {
		if reason.Code == nil {
			continue
		}
		if *reason.Code == conditionFailed {
			return false
		}
		conflict = conflict || *reason.Code == transactionConflict
	}
	return conflict
}

// update is UpdateItem with patience for transactions.
func (l Ledger) update(ctx context.Context, in *dynamodb.UpdateItemInput) (*dynamodb.UpdateItemOutput, error) {
	var out *dynamodb.UpdateItemOutput
	err := l.patiently(ctx, func() (err error) {
		if out, err = l.DB.UpdateItem(ctx, in); err != nil {
			return fmt.Errorf("update: %w", err)
		}
		return nil
	})
	return out, err
}

// sleep is the pause of a running program.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
