package ledger_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/ledger/ledgertest"
	"github.com/salve-security/salve/internal/run"
)

// newer stores an open run as a later version of Salve would.
func newer(t *testing.T, bucket string) *run.Run {
	t.Helper()
	r := ledgertest.Work(t, "S3.8", bucket, "later", "f1")
	r.Schema = run.Schema + 1
	bench().MustClaim(t, r, ledgertest.Ask("e-f1", 0), run.Claimed)
	t.Cleanup(func() { remove(t, "run#"+r.ID, "run") }) // or every history after it fails
	return r
}

// TestNewerSchemaInTheHistory: a history with holes would pass for a whole one.
func TestNewerSchemaInTheHistory(t *testing.T) {
	r := newer(t, "a")
	_, err := history().History(t.Context(), ledger.Filter{})
	var schema *run.SchemaError
	if !errors.As(err, &schema) {
		t.Errorf("error %v, want a SchemaError", err)
	}
	if !strings.Contains(err.Error(), r.ID) {
		t.Errorf("error %q does not name the run", err)
	}
}
