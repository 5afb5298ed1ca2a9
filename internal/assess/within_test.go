package assess

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/finding"
)

// TestWithin: what is outside of the places is listed for the scores, and neither looked at nor shown.
func TestWithin(t *testing.T) {
	w := newWorld()
	w.playbooks()
	w.fails("S3.1", own, bucket, cis)
	w.fails("S3.1", own, bucket+"-2", cis)
	w.fails("S3.1", "333333333333", bucket+"-3", cis, fsbp)
	w.report("S3.2", own, bucket, finding.Passed, cis)
	w.fails("S3.4", own, bucket, cis) // nobody asks about it
	for name, tc := range map[string]struct {
		within func(Unit) bool
		rows   []string
		scores []Score
	}{
		"one of three": {
			func(u Unit) bool { return u.Resource == bucket }, []string{bucket}, []Score{{cis, "CIS", 3, 1, 2, 0, 33, 33, 33}},
		},
		"all": {
			func(Unit) bool { return true },
			[]string{bucket, bucket + "-2", bucket + "-3"},
			[]Score{{cis, "CIS", 3, 1, 2, 0, 33, 67, 67}, {fsbp, "FSBP", 1, 0, 1, 0, 0, 100, 100}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			clear(w.reads)
			want := head()
			want.Query.Controls, want.Others = []string{"S3.1"}, true
			a := w.assessment(journal(t, want))
			a.Within = tc.within
			if err := a.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			r := a.Report()
			sum, err := a.Summarise(r)
			if err != nil {
				t.Fatal(err)
			}
			var rows []string
			for row := range r.Rows() {
				rows = append(rows, row.Resource)
			}
			slices.Sort(rows)
			if d := cmp.Diff(tc.rows, rows); d != "" || len(w.reads) != len(rows) || a.Outside() != 3-len(rows) {
				t.Errorf("%d were read, %d are outside %s", len(w.reads), a.Outside(), d)
			}
			if d := cmp.Diff(tc.scores, sum.Scores); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestAnotherQuestion: an assessment that counts other controls for its scores is none that does not.
func TestAnotherQuestion(t *testing.T) {
	one, other := head(), head()
	other.Others = true
	if one.Name() == other.Name() || one.other(other) == "" {
		t.Errorf("%s goes on with %s", one.Name(), other.Name())
	}
}
