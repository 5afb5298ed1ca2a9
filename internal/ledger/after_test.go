package ledger_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/salve-security/salve/internal/ledger/ledgertest"
	"github.com/salve-security/salve/internal/run"
)

// TestSaidWhileUndone: what Security Hub says is stored between the two calls that
// note an undo. Neither is lost; the contract has the other order.
func TestSaidWhileUndone(t *testing.T) {
	r := ledgertest.Work(t, "S3.8", "a", "one", "f1")
	bench().MustClaim(t, r, ledgertest.Ask("e-f1", 0), run.Claimed)
	r.Confirm = ledgertest.Began().Add(time.Hour)
	bench().MustFinish(t, r, run.StatusVerified)
	book, _ := refusing(func(input any) error {
		if _, ok := input.(*dynamodb.UpdateItemInput); ok {
			r.Confirmed, r.Confirm = run.ConfirmedPassed, time.Time{}
			return open().Confirmed(t.Context(), r)
		}
		return nil
	})
	if err := book.MarkUndone(t.Context(), r.ID, "rundo"); err != nil {
		t.Fatal(err)
	}
	got := bench().MustGet(t, r.ID)
	if got.UndoneBy != "rundo" || got.Confirmed != run.ConfirmedPassed || !got.Confirm.IsZero() {
		t.Errorf("undone by %q, confirmed %q, asked again %v", got.UndoneBy, got.Confirmed, got.Confirm)
	}
}
