package notice_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// TestChangesReadAsOnTheCommandLine: what comes and goes, such as a rule, is no "present → none".
func TestChangesReadAsOnTheCommandLine(t *testing.T) {
	changes := []control.Change{
		{Path: "Rules/in tcp 22 from 0.0.0.0~10", From: map[string]any{}},
		{Path: "Rules/in tcp 22 from 10.0.0.0~18", To: map[string]any{"Description": "office"}},
		{Path: "Open", From: true, To: false},
	}
	n := notice.Of(&run.Run{ID: "r1", Status: run.StatusVerified, BeforeHash: "a", Plan: &control.Plan{Changes: changes}})
	_, mail := notice.Email(n)
	chat, err := notice.Chat(n)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		if line := c.String(); !strings.Contains(mail, "  "+line+"\n") || !strings.Contains(chat, line) {
			if !strings.Contains(chat, strings.ReplaceAll(line, `"`, `\"`)) {
				t.Errorf("no %q in the mail\n%s\nor the chat\n%s", line, mail, chat)
			}
		}
	}
	if strings.Contains(mail, "present") {
		t.Errorf("a rule is present or not in\n%s", mail)
	}
}
