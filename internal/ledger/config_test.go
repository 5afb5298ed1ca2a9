package ledger_test

import (
	"errors"
	"testing"

	"github.com/salve-security/salve/internal/ledger"
)

// TestPushConfig has the table to itself: there is one configuration.
func TestPushConfig(t *testing.T) {
	book := open()
	if doc, version, err := book.Config(t.Context()); doc != "" || version != 0 || err != nil {
		t.Fatalf("before the first push: %q, %d, %v", doc, version, err)
	}
	for i, doc := range []string{"one", "two"} {
		if err := book.PushConfig(t.Context(), doc, int64(i)); err != nil {
			t.Fatal(err)
		}
		if got, version, err := book.Config(t.Context()); got != doc || version != int64(i+1) || err != nil {
			t.Errorf("stored %q as version %d, %v", got, version, err)
		}
	}
	for _, stale := range []int64{0, 1, 3} {
		if err := book.PushConfig(t.Context(), "mine", stale); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("pushed over version 2 with %d in mind: %v, want ErrConflict", stale, err)
		}
	}
	if got, version, err := book.Config(t.Context()); got != "two" || version != 2 || err != nil {
		t.Errorf("stored %q as version %d, %v: a refused push changed something", got, version, err)
	}
}
