package notice_test

import (
	"os"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/outcome"
)

// TestEveryKindIsDocumented: whoever gets a mail, or filters by its outcome, finds each kind in the manual.
func TestEveryKindIsDocumented(t *testing.T) {
	manual, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, filters, _ := strings.Cut(string(manual), "\n| `outcome` |")
	filters, _, _ = strings.Cut(filters, "\n")
	for _, row := range outcome.Rows() {
		if row.Kind == "" {
			continue
		}
		if !strings.Contains(filters, "`"+row.Kind+"`") {
			t.Errorf("no filter for %s", row.Kind)
		}
		m, err := notice.NewMessage(notice.Notice{Kind: notice.Kind(row.Kind)})
		if err != nil {
			t.Fatal(err)
		}
		if begins := "\n| " + strings.TrimSpace(m.Subject); !strings.Contains(string(manual), begins) {
			t.Errorf("no mail that begins %q", m.Subject)
		}
	}
}
