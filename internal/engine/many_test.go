package engine_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/run"
)

// TestManyFindings: AWS sends one finding in an event, and up to twenty that a
// person selected; whatever else a message holds, each finding gets its due.
func TestManyFindings(t *testing.T) {
	tests := map[string]struct {
		// stores that the findings are on, one each; an event holds them in this order.
		stores []string
		forge  string // the store whose finding is forged
		runs   int
		writes int
	}{
		"two stores":              {[]string{"a", "b"}, "", 2, 2},
		"twice the same":          {[]string{"a", "a"}, "", 1, 1},
		"a forged one in between": {[]string{"a", "b", "c"}, "b", 2, 2},
		"twenty of a person":      {strings.Split(strings.Repeat("a b c d e ", 4), " ")[:20], "", 5, 5},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			stores, ids := map[string]string{}, map[string]string{}
			var list []string
			for _, b := range tc.stores {
				if ids[b] == "" {
					stores[b] = w.Store(t, nil)
					ids[b] = w.Report(t, enginetest.Spec(stores[b]))
				}
				list = append(list, ids[b])
			}
			m := w.Click(t, list...)
			if tc.forge != "" {
				m.Body = strings.ReplaceAll(m.Body, stores[tc.forge], "arn:aws-cn:s3:::"+stores[tc.forge])
			}
			w.Start().Handled(t, m)
			writes := 0
			for b, id := range ids {
				writes += w.Puts(stores[b])
				if b == tc.forge {
					w.Shows(t, id, "NEW", "forged_resource")
					continue
				}
				w.Says(t, id, "RESOLVED")
			}
			if runs := w.Runs(); len(runs) != tc.runs || writes != tc.writes {
				t.Errorf("%d runs and %d writes, want %d and %d", len(runs), writes, tc.runs, tc.writes)
			}
		})
	}
}

// TestAHundredFindings is the most an event may hold: all of one store, all
// told by the one run they have started.
func TestAHundredFindings(t *testing.T) {
	const most = 100
	w := enginetest.New(t)
	b := w.Store(t, nil)
	var ids []string
	for i := range most {
		ids = append(ids, w.Numbered(t, enginetest.Spec(b), i))
	}
	p := w.Start()
	p.Handled(t, w.Imported(t, ids...))
	w.Fixed(t, b, ids...)
	if r := w.Only(t); r.Status != run.StatusVerified || len(r.Findings) != most {
		t.Errorf("run is %s with %d findings", r.Status, len(r.Findings))
	}
	for _, line := range p.Audited() {
		if line.Event != audit.Finished {
			t.Errorf("audited %+v", line)
		}
	}
}
