package run_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

// TestCooldown: the span that ends last decides.
func TestCooldown(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	ago := func(spans ...time.Duration) []time.Time {
		var ends []time.Time
		for _, d := range spans {
			ends = append(ends, now.Add(-d))
		}
		return ends
	}
	minute, hour := time.Minute, time.Hour
	cool := run.Cooldown{minute, 10 * minute, hour}
	tests := map[string]struct {
		cool run.Cooldown
		ends []time.Time
		wait time.Duration
		why  run.Cooled
	}{
		"never before":     {cool: cool},
		"no cooldown":      {ends: ago(0, 0, 0)},
		"just now":         {cool, ago(0), minute, run.Cooled{1, minute}},
		"a minute ago":     {cool: cool, ends: ago(minute)},
		"twice":            {cool, ago(0, minute), 9 * minute, run.Cooled{2, 10 * minute}},
		"three times":      {cool, ago(0, 9*minute, 10*minute), 50 * minute, run.Cooled{3, hour}},
		"the first is old": {cool, ago(0, 9*minute, hour), minute, run.Cooled{1, minute}},
		"only the second":  {run.Cooldown{0, hour}, ago(0, 0), hour, run.Cooled{2, hour}},
		"there was no second, and the spans go on": {cool, append(ago(0), time.Time{}), minute, run.Cooled{1, minute}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			until, why := tc.cool.Until(tc.ends, now)
			if d := cmp.Diff(tc.why, why); d != "" {
				t.Error(d)
			}
			if wait := until.Sub(now); tc.wait > 0 && wait != tc.wait || tc.wait == 0 && !until.IsZero() {
				t.Errorf("waits %v, want %v", wait, tc.wait)
			}
		})
	}
	if d := cmp.Diff(run.Cooled{Runs: 3, Within: hour}, cool.Longest()); d != "" {
		t.Error(d)
	}
}

// TestCooledSentence is what people read.
func TestCooledSentence(t *testing.T) {
	for want, why := range map[string]run.Cooled{
		"Salve has worked on this within a minute, and lets it rest.":           {1, time.Minute},
		"Salve has worked on this 2 times within 10 minutes, and lets it rest.": {2, 10 * time.Minute},
		"Salve has worked on this 3 times within an hour, and lets it rest.":    {3, time.Hour},
		"Salve has worked on this 5 times within 24 hours, and lets it rest.":   {5, 24 * time.Hour},
		"Salve has worked on this within 90 minutes, and lets it rest.":         {1, 90 * time.Minute},
	} {
		if got := why.Sentence(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
