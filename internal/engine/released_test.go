package engine_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// TestReleasedSoon: an account that gets its role within the hour does not wait
// for the time its runs were put off to.
func TestReleasedSoon(t *testing.T) {
	w := newWorld(t)
	trust := w.distrust(t)
	bucket := w.bucket(t, nil)
	id := w.report(t, w.spec(bucket))
	p := w.start(t)
	p.handle(t, w.imported(t, id))
	if r := w.only(t); r.Status != run.StatusDeferred {
		t.Fatalf("run is %s", r.Status)
	}
	w.trust(t, trust)
	for range 2 { // the probe, and what it released
		w.clock.move(10 * time.Minute)
		p.handle(t, sweep())
	}
	w.fixed(t, bucket, id)
}
