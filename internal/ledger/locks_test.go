package ledger_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/salve-security/salve/internal/ledger/ledgertest"
	"github.com/salve-security/salve/internal/run"
)

// TestCloseManyWithManyLocks: as many runs go together as their items allow.
func TestCloseManyWithManyLocks(t *testing.T) {
	tests := map[string]struct{ runs, locks, calls int }{
		"one each":              {40, 1, 2}, // 33 of 3 items, 7
		"eight each":            {21, 8, 3}, // 10 of 10, 10, 1
		"exactly a transaction": {25, 2, 1}, // 25 of 4
		"one more":              {26, 2, 2},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var runs []*run.Run
			for i := range tc.runs {
				r := ledgertest.Work(t, "S3.8", fmt.Sprint(i), "one", "f1")
				r.Locks = nil
				for j := range tc.locks {
					r.Locks = append(r.Locks, fmt.Sprint(t.Name(), i, "-", j))
				}
				bench().MustClaim(t, r, ledgertest.Ask("e1", 0), run.Claimed)
				r.State, r.Status, r.Finished = run.StateRecorded, run.StatusVerified, ledgertest.Began()
				runs = append(runs, r)
			}
			calls := 0
			book, _ := refusing(func(input any) error {
				if in, ok := input.(*dynamodb.TransactWriteItemsInput); ok {
					calls++
					if n := len(in.TransactItems); n > 100 {
						t.Errorf("%d items in a transaction, DynamoDB takes 100", n)
					}
				}
				return nil
			})
			if failed, err := book.Close(t.Context(), runs); err != nil || len(failed) > 0 {
				t.Fatalf("%v, %v", err, failed)
			}
			if calls != tc.calls {
				t.Errorf("%d calls, want %d", calls, tc.calls)
			}
			for _, r := range runs {
				for _, lock := range r.Locks {
					if id := bench().Holder(t, lock); id != "" {
						t.Errorf("lock %s is left to %s", lock, id)
					}
				}
			}
		})
	}
}
