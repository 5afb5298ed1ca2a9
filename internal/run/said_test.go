package run_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// TestAccountName: what is no name is not shown, whatever a finding says.
func TestAccountName(t *testing.T) {
	for name, want := range map[string]bool{
		"payments-prod": true, "Payments (EU) 2": true, "Zahlungen für alle": true, "a": true, "ann@example.org": false,
		"": false, " x": false, "x  y": false, "a\nb": false, "a\u202eb": false, "https://evil.example": false,
		`a" (approved by "root`: false, "`x`": false, "<b>": false, "*bold*": false, strings.Repeat("x", 51): false,
	} {
		if got := run.AccountName(name); (got == name) != want && name != "" || name == "" && got != "" {
			t.Errorf("%q is shown as %q, want it shown: %v", name, got, want)
		}
	}
}

// TestSaid: a finding's own words are one line, and not too many of them.
func TestSaid(t *testing.T) {
	for _, tt := range [][3]string{
		{"It checks.", "Title", "It checks."}, {"\x00 ", "Title", "Title"}, {"a\r\nb", "", "a b"}, {"", "", ""},
	} {
		if got := run.Said(tt[0], tt[1]); got != tt[2] {
			t.Errorf("%q, %q: %q", tt[0], tt[1], got)
		}
	}
	if n := plain.Length(run.Said(strings.Repeat("long ", 1000), "")); n > 300 {
		t.Errorf("%d characters", n)
	}
}

// TestAsker: nobody reads a word of ours for a name.
func TestAsker(t *testing.T) {
	for trigger, want := range map[run.Trigger]string{
		run.TriggerImported: "Security Hub reported it", run.TriggerClick: "AWS does not say who", run.TriggerOperator: "ann",
	} {
		r := run.Run{Trigger: trigger, Actor: "ann"}
		if got := r.Asker(); !strings.Contains(got, want) {
			t.Errorf("%s: %q", trigger, got)
		}
	}
}

// TestAskerNamesTheButton: who took a fix back did not press Remediate.
func TestAskerNamesTheButton(t *testing.T) {
	for button, r := range map[string]run.Run{
		"Remediate":   {Trigger: run.TriggerClick},
		"Salve: plan": {Trigger: run.TriggerClick, Key: run.Key{Reads: true}},
		"Salve: undo": {Trigger: run.TriggerClick, Undoes: "r1"},
	} {
		want := "somebody who pressed " + button + " in the console; AWS does not say who"
		if got := r.Asker(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestWrote: of a person's note all is kept that AWS takes.
func TestWrote(t *testing.T) {
	for length, want := range map[int]int{10: 10, 400: 400, 512: 512, 600: 512} {
		if got := plain.Length(run.Wrote(strings.Repeat("a", length))); got != want {
			t.Errorf("of %d characters %d are kept, want %d", length, got, want)
		}
	}
}
