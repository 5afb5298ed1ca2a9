package settle_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// full is what a control's write ends with where there is no room.
func full() error { return fault.New(fault.Refused, "the group is full") }

// TestRefusedReportIsTold: a reported finding that Salve will not fix is not NEW
// any more, so nobody would look at it: people are told, in the digest.
func TestRefusedReportIsTold(t *testing.T) {
	for name, tc := range map[string]struct {
		findings int
		digest   time.Duration
		entries  []int // of each notice
	}{
		"one":               {1, 5 * time.Minute, []int{0}},
		"many":              {4, 5 * time.Minute, []int{4}},
		"without a digest":  {1, 0, []int{0}},
		"many, no digest":   {3, 0, []int{0, 0, 0}},
		"two are no digest": {2, 5 * time.Minute, []int{0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := enginetest.Broken(t, w.Start(), full)
			p.Digest = tc.digest
			var ids []string
			for range tc.findings {
				id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
				ids = append(ids, id)
				p.Handled(t, w.Imported(t, id))
			}
			if n := len(p.Told()); tc.digest > 0 && n > 0 {
				t.Errorf("%d notices before the digest", n)
			}
			for range 2 {
				w.Clock.Move(5 * time.Minute)
				p.Handled(t, enginetest.Sweep())
			}
			told := p.Told()
			if len(told) != len(tc.entries) {
				t.Fatalf("%d notices, want %d: %+v", len(told), len(tc.entries), told)
			}
			for i, n := range told {
				if len(n.Entries) != tc.entries[i] || n.Kind != notice.Refused && n.Of != notice.Refused {
					t.Errorf("told %+v", n)
				}
			}
			for _, id := range ids {
				w.Shows(t, id, finding.Notified, "The group is full")
			}
		})
	}
}

// TestNobodyAskedNobodyHears: a run that waited and was switched off meanwhile is
// refused, too, and its finding stays as it was.
func TestNobodyAskedNobodyHears(t *testing.T) {
	w := enginetest.New(t)
	_, id := w.Waiting(t, false)
	w.Config = enginetest.Modes("off")
	p := w.Start()
	for range 2 {
		w.Clock.Move(enginetest.Later)
		p.Handled(t, enginetest.Sweep())
	}
	w.Ended(t, run.StatusRefused)
	w.Untouched(t, id)
	if told := p.Told(); len(told) > 0 {
		t.Errorf("told %+v", told)
	}
}
