package engine_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/run"
)

// TestManyFindings: AWS sends one finding in an event, and up to twenty that a
// person selected; whatever else a message holds, each finding gets its due.
func TestManyFindings(t *testing.T) {
	tests := map[string]struct {
		// buckets that the findings are on, one each; an event holds them in this order.
		buckets []string
		forge   string // the bucket whose finding is forged
		runs    int
		writes  int
	}{
		"two buckets":             {[]string{"a", "b"}, "", 2, 2},
		"twice the same":          {[]string{"a", "a"}, "", 1, 1},
		"a forged one in between": {[]string{"a", "b", "c"}, "b", 2, 2},
		"twenty of a person":      {strings.Split(strings.Repeat("a b c d e ", 4), " ")[:20], "", 5, 5},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			buckets, ids := map[string]string{}, map[string]string{}
			var list []string
			for _, b := range tc.buckets {
				if ids[b] == "" {
					buckets[b] = w.bucket(t, nil)
					ids[b] = w.report(t, w.spec(buckets[b]))
				}
				list = append(list, ids[b])
			}
			m := w.click(t, list...)
			if tc.forge != "" {
				m.Body = strings.ReplaceAll(m.Body, "arn:aws:s3:::"+buckets[tc.forge], "arn:aws-cn:s3:::"+buckets[tc.forge])
			}
			w.start(t).handle(t, m)
			writes := 0
			for b, id := range ids {
				writes += w.puts(buckets[b])
				if b == tc.forge {
					w.untouched(t, id)
					continue
				}
				w.says(t, id, "RESOLVED")
			}
			if runs := w.runs(t); len(runs) != tc.runs || writes != tc.writes {
				t.Errorf("%d runs and %d writes, want %d and %d", len(runs), writes, tc.runs, tc.writes)
			}
		})
	}
}

// TestAHundredFindings is the most an event may hold: all of one bucket, all
// told by the one run they have started.
func TestAHundredFindings(t *testing.T) {
	const most = 100
	w := newWorld(t)
	b := w.bucket(t, nil)
	var ids []string
	for i := range most {
		ids = append(ids, w.numbered(t, b, "S3.8", i))
	}
	p := w.start(t)
	p.handle(t, w.imported(t, ids...))
	w.fixed(t, b, ids...)
	if r := w.only(t); r.Status != run.StatusVerified || len(r.Findings) != most {
		t.Errorf("run is %s with %d findings", r.Status, len(r.Findings))
	}
	for _, line := range p.audited() {
		if line.Event != audit.Finished {
			t.Errorf("audited %+v", line)
		}
	}
}
