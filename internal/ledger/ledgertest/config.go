package ledgertest

import (
	"errors"
	"testing"

	"github.com/salve-security/salve/internal/gate"
)

// pushConfig: a document replaces the one it was made from, and no other.
func pushConfig(t *testing.T, s suite) {
	s.configured(t, "", 0)
	for i, doc := range []string{"one", "two"} {
		if err := s.PushConfig(t.Context(), doc, int64(i)); err != nil {
			t.Fatal(err)
		}
		s.configured(t, doc, int64(i+1))
	}
	for _, stale := range []int64{0, 1, 3} {
		if err := s.PushConfig(t.Context(), "mine", stale); !errors.Is(err, gate.ErrConflict) {
			t.Errorf("pushed over version 2 with %d in mind: %v, want ErrConflict", stale, err)
		}
	}
	s.configured(t, "two", 2) // a refused push changes nothing
}

func (s suite) configured(t *testing.T, doc string, version int64) {
	t.Helper()
	got, at, err := s.Config(t.Context())
	if got != doc || at != version || err != nil {
		t.Errorf("stored %q as version %d, %v, want %q as %d", got, at, err, doc, version)
	}
}

func configCases() cases {
	return cases{
		"PushConfig": pushConfig,
	}
}
