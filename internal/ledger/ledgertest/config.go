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
		if err := s.push(t, doc, int64(i)); err != nil {
			t.Fatal(err)
		}
		s.configured(t, doc, int64(i+1))
	}
	for _, stale := range []int64{0, 1, 3} {
		if err := s.push(t, "mine", stale); !errors.Is(err, gate.ErrConflict) {
			t.Errorf("pushed over version 2 with %d in mind: %v, want ErrConflict", stale, err)
		}
	}
	s.configured(t, "two", 2) // a refused push changes nothing
}

// unreadConfig: a document that cannot be read is none, for nobody; stops hold on, and a push mends it.
func unreadConfig(t *testing.T, s suite) {
	stop := gate.Stop{Control: "s3.8", Origin: gate.Origin{Owner: "ada", Reason: "incident"}, Since: Began()}
	if err := s.Stop(t.Context(), stop); err != nil {
		t.Fatal(err)
	}
	s.configured(t, "", 0) // a stop alone is no document
	if err := s.push(t, "one", 0); err != nil {
		t.Fatal(err)
	}
	s.Spoil(t)
	got, err := s.Settings(t.Context())
	if err != nil || got.Unread == nil || got.Doc != "" || got.Version != 1 || len(got.Stops) != 1 {
		t.Errorf("settings %+v, %v: want why they cannot be read, the version and the stop", got, err)
	}
	if doc, _, err := s.Config(t.Context()); err == nil {
		t.Errorf("document %q", doc)
	}
	if config, err := got.Config(); err == nil {
		t.Errorf("configuration %+v", config)
	}
	if err := s.push(t, "two", 0); !errors.Is(err, gate.ErrConflict) {
		t.Errorf("pushed over another version: %v", err)
	}
	if err := s.push(t, "two", 1); err != nil {
		t.Fatal(err)
	}
	s.configured(t, "two", 2)
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
		"PushConfig": pushConfig, "UnreadConfig": unreadConfig,
	}
}
