package work

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// TestCarried: a run keeps what later decisions need of a finding, and nothing a stranger could hide in it.
func TestCarried(t *testing.T) {
	seen := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	f := finding.Finding{
		API: finding.ASFF, ID: "i", ProductArn: "p", Account: "222222222222", Product: "Security Hub", Severity: "HIGH",
		FirstSeen: seen, HubRegion: "eu-west-1", Description: "It is open.", Title: "Close it", AccountName: "payments",
	}
	want := run.Finding{
		Key:    finding.Key{API: finding.ASFF, ID: "i", ProductArn: "p", Account: "222222222222"},
		Region: "eu-west-1", Event: "e", FirstSeen: seen, Severity: "HIGH", Product: "Security Hub",
		Said: "It is open.", AccountName: "payments",
	}
	if d := cmp.Diff(want, Carried(f, "e")); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	f.Severity, f.Product = "HIGH\x1b[2J", strings.Repeat("x", 1000)+"\n"
	f.Description, f.AccountName = "a\x1b[2J\nb", `x" <root>`
	got := Carried(f, "e")
	if got.Said != "a[2J b" || got.AccountName != "" {
		t.Errorf("a stranger's texts are kept: %q, %q", got.Said, got.AccountName)
	}
	if got.Severity != "" || len(got.Product) > maxProduct+len("…") {
		t.Errorf("a stranger's texts are kept: %q, %d bytes", got.Severity, len(got.Product))
	}
}
