package ledger_test

import (
	"fmt"
	"testing"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/ledger/ledgertest"
)

// TestContract: the table does what every ledger must.
func TestContract(t *testing.T) {
	ledgertest.Contract(t, func(t *testing.T) ledgertest.Ledger {
		remove(t, "config", "config")
		kept, err := open().Pushes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range kept {
			remove(t, "config", fmt.Sprintf("version#%03d", p.Version%gate.KeptVersions))
		}
		remove(t, "seal", "seal")
		remove(t, "config", "chart")
		given, err := open().Given(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range given {
			remove(t, "config", "exception#"+g.ID)
		}
		changes, err := open().RingChanges(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range changes {
			remove(t, "config", fmt.Sprintf("ring#%03d", c.Number%gate.KeptChanges))
		}
		return table{open()}
	})
}
