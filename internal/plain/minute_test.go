package plain_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/plain"
)

func TestMinute(t *testing.T) {
	at := time.Date(2026, 11, 21, 23, 59, 58, 0, time.FixedZone("far", -2*60*60))
	if got, want := plain.Minute(at), "2026-11-22 01:59 UTC"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := plain.Minute(time.Time{}); got != "" {
		t.Errorf("no time reads %q", got)
	}
}
