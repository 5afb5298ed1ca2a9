package assess

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/finding"
)

// TestScores: a control has passed where all its findings have, has failed where one has, and is not sure where AWS
// could not tell; those without a finding do not count.
func TestScores(t *testing.T) {
	for name, tc := range map[string]struct {
		report func(w *world)
		want   []Score
	}{
		"nothing fails": {func(w *world) { w.report("S3.1", own, bucket, finding.Passed, cis) }, []Score{}},
		"one fails of two": {
			func(w *world) {
				w.fails("S3.1", own, bucket, cis)
				w.report("S3.1", own, bucket+"-2", finding.Passed, cis)
				w.report("S3.2", own, bucket, finding.Passed, cis)
				w.report("S3.2", own, bucket, finding.Passed, fsbp)
			},
			[]Score{{cis, "CIS", 2, 1, 1, 0, 50, 100, 100}},
		},
		"after approval": {
			func(w *world) {
				w.fails("S3.1", own, bucket, cis)
				w.fails("S3.3", own, bucket, cis)
				w.report("S3.2", own, bucket, finding.Passed, cis)
			},
			[]Score{{cis, "CIS", 3, 1, 2, 0, 33, 67, 100}},
		},
		"what stays": {
			func(w *world) {
				w.fails("S3.1", own, bucket, cis, fsbp)
				w.fails("S3.1", own, "arn:aws:ec2:::x", cis)
				w.fails("EC2.1", own, bucket, cis)
				w.report("S3.2", own, bucket, finding.Passed, fsbp)
			},
			[]Score{{cis, "CIS", 2, 0, 2, 0, 0, 0, 0}, {fsbp, "FSBP", 2, 1, 1, 0, 50, 100, 100}},
		},
		"not sure": {
			func(w *world) {
				w.fails("S3.1", own, bucket, cis)
				w.report("S3.2", own, bucket, finding.Warning, cis)
				w.open[bucket] = true
				w.report("S3.3", own, bucket, finding.Passed, cis)
				w.report("S3.3", own, bucket, finding.NotAvailable, cis)
				w.report("S3.4", own, bucket, finding.NotAvailable, cis)
			},
			[]Score{{cis, "CIS", 4, 0, 1, 3, 0, 50, 50}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.playbooks()
			tc.report(w)
			if d := cmp.Diff(tc.want, w.assessed(t, journal(t, head())).Scores); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestOnePageTellsOfManyControls: controls that passed are not asked about one by one, however many findings they have.
func TestOnePageTellsOfManyControls(t *testing.T) {
	w := newWorld()
	w.playbooks()
	w.fails("S3.1", own, bucket, cis)
	for range 500 {
		w.report("S3.2", own, bucket, finding.Passed, cis)
	}
	w.report("S3.3", own, bucket, finding.Passed, cis)
	sum := w.assessed(t, journal(t, head()))
	if got := sum.Scores[0].Passed; got != 2 || w.pages > 6 {
		t.Errorf("%d passed, %d pages", got, w.pages)
	}
}
