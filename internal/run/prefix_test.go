package run_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// TestBegan: however much of an id is given, the run is within the times that it names, and they are few.
func TestBegan(t *testing.T) {
	for _, at := range []time.Time{
		time.Date(2026, 11, 21, 10, 0, 0, 250e6, time.UTC), time.Date(2039, 1, 2, 3, 4, 5, 0, time.UTC), time.UnixMilli(0),
	} {
		for _, id := range []string{run.NewID(at), run.InBatch(run.NewID(at), at.Add(90*time.Second))} {
			for n := 6; n <= len(id); n++ {
				since, until, ok := run.Began(id[:n])
				if !ok || at.Before(since) || !at.Add(90*time.Second).Before(until) {
					t.Errorf("%s: between %s and %s, not %s", id[:n], since, until, at)
				}
				if most := 3 * time.Hour; until.Sub(since) > most {
					t.Errorf("%s: within %s", id[:n], until.Sub(since))
				}
			}
		}
	}
}

func TestBeganRefuses(t *testing.T) {
	id := run.NewID(time.Now())
	for _, text := range []string{
		"", "r", id[:5], id[1:], "r06gvw!", "x06gv00", id + "0", "arn:aws:s3:::a", "r-b40n6vr5", "rwwwwww",
	} {
		if since, until, ok := run.Began(text); ok {
			t.Errorf("%q is between %s and %s", text, since, until)
		}
	}
}

// TestMatchesPrefix: a beginning is one of the whole id.
func TestMatchesPrefix(t *testing.T) {
	r := &run.Run{ID: "r06gvqao51pq4d1cv-b40n6vr5"}
	for prefix, want := range map[string]bool{"": true, "r06gvq": true, r.ID: true, "r06gvz": false, "06gvq": false} {
		if (run.Query{Prefix: prefix}).Matches(r) != want {
			t.Errorf("%q: %t", prefix, !want)
		}
	}
}
