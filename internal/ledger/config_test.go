package ledger_test

import (
	"errors"
	"testing"

	"github.com/salve-security/salve/internal/ledger"
)

// TestPushConfig has the table to itself: there is one configuration.
func TestPushConfig(t *testing.T) {
	book := open()
	noSettings(t)
	configured(t, "", 0)
	for i, doc := range []string{"one", "two"} {
		if err := book.PushConfig(t.Context(), doc, int64(i)); err != nil {
			t.Fatal(err)
		}
		configured(t, doc, int64(i+1))
	}
	for _, stale := range []int64{0, 1, 3} {
		if err := book.PushConfig(t.Context(), "mine", stale); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("pushed over version 2 with %d in mind: %v, want ErrConflict", stale, err)
		}
	}
	configured(t, "two", 2) // a refused push changes nothing
}

func configured(t *testing.T, doc string, version int64) {
	t.Helper()
	got, at, err := open().Config(t.Context())
	if got != doc || at != version || err != nil {
		t.Errorf("stored %q as version %d, %v, want %q as %d", got, at, err, doc, version)
	}
}
