package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/ledger/ledgertest"
	"github.com/salve-security/salve/internal/run"
)

// TestCloseManyWithManyLocks: as many runs go together as their items and their size allow.
func TestCloseManyWithManyLocks(t *testing.T) {
	tests := map[string]struct{ runs, locks, calls, bytes int }{
		"one each":              {40, 1, 2, 0}, // 33 of 3 items, 7
		"eight each":            {21, 8, 3, 0}, // 10 of 10, 10, 1
		"exactly a transaction": {25, 2, 1, 0}, // 25 of 4
		"one more":              {26, 2, 2, 0},
		"large plans":           {17, 1, 2, 150 << 10}, // DynamoDB takes 4 MB in a transaction
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var runs []*run.Run
			plan := &control.Plan{Changes: []control.Change{{Path: "Text", From: strings.Repeat("x", tc.bytes)}}}
			for i := range tc.runs {
				r := ledgertest.Work(t, "S3.8", fmt.Sprint(i), "one", "f1")
				r.Locks = nil
				for j := range tc.locks {
					r.Locks = append(r.Locks, fmt.Sprint(t.Name(), i, "-", j))
				}
				bench().MustClaim(t, r, ledgertest.Ask("e1", 0), run.Claimed)
				r.State, r.Status, r.Finished = run.StateRecorded, run.StatusVerified, ledgertest.Began()
				r.Plan = plan
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
