package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/salve-security/salve/internal/ledger/ledgertest"
	"github.com/salve-security/salve/internal/run"
)

// TestPutOffWhileTaken: what puts the run off while somebody is about to take it wins.
func TestPutOffWhileTaken(t *testing.T) {
	r := ledgertest.Work(t, "S3.8", "a", "dead", "f1")
	bench().MustClaim(t, r, ledgertest.Ask("e-f1", 0), run.Claimed)
	book, _ := refusing(func(input any) error {
		if _, ok := input.(*dynamodb.TransactWriteItemsInput); ok {
			return open().Postpone(t.Context(), r.ID, ledgertest.Began().Add(time.Hour))
		}
		return nil
	})
	if _, err := book.Take(t.Context(), r.ID, "two", ledgertest.Ask("", ledgertest.Lease)); !errors.Is(err, run.ErrLost) {
		t.Fatalf("take: %v, want ErrLost", err)
	}
	if got := bench().MustGet(t, r.ID); got.Owner != "dead" || got.Attempts != 0 {
		t.Errorf("owner %s, attempt %d", got.Owner, got.Attempts)
	}
}
