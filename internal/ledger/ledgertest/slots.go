package ledgertest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

// slots come back as they were stored, by account and Region; who read an older version stores nothing.
func slots(t *testing.T, s suite) {
	const account = "444444444444"
	region := t.Name() // other tests' may be in it
	put := func(version int64, want bool, list ...run.Slot) {
		t.Helper()
		written, err := s.PutSlots(t.Context(), account, region, run.Slots{List: list, Version: version}, Began())
		if err != nil || written != want {
			t.Fatalf("written %v, %v, want %v", written, err, want)
		}
	}
	one := run.Slot{Run: "r1", Until: Began().Add(time.Minute)}
	two := run.Slot{Run: "r2", Until: Began().Add(time.Hour), Doubted: Began()}
	put(0, true, one)
	put(0, false, two)
	put(1, true, one, two)
	put(1, false, one)
	got, err := s.Slots(t.Context(), account, region)
	if d := cmp.Diff(run.Slots{List: []run.Slot{one, two}, Version: 2}, got); err != nil || d != "" {
		t.Errorf("%v, (-want +got):\n%s", err, d)
	}
	put(2, true)
	if got, err := s.Slots(t.Context(), account, region); err != nil || len(got.List) > 0 || got.Version != 3 {
		t.Errorf("%+v, %v", got, err)
	}
}
