package notice_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/notice"
)

func TestRuns(t *testing.T) {
	one := notice.Notice{Kind: notice.Fixed, Control: "S3.8", Account: "222222222222", RunID: "r1"}
	two, failed := one, one
	two.RunID = "r2"
	failed.RunID, failed.Kind = "r3", notice.Failed
	var got [][]string
	for _, n := range notice.Summarise([]notice.Notice{one, failed, two}) {
		got = append(got, n.Runs())
	}
	if d := cmp.Diff([][]string{{"r3"}, {"r1", "r2"}}, got); d != "" {
		t.Errorf("every run must be found again in exactly one notice:\n%s", d)
	}
}
