package ledger_test

import (
	"testing"

	"github.com/salve-security/salve/internal/ledger/ledgertest"
)

// TestContract: the table does what every ledger must.
func TestContract(t *testing.T) {
	ledgertest.Contract(t, func(t *testing.T) ledgertest.Ledger {
		remove(t, "config", "config")
		remove(t, "seal", "seal")
		return table{open()}
	})
}
