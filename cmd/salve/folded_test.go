package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/doctor"
	"github.com/salve-security/salve/internal/fault"
)

// TestFolded: what the doctor and errors say fits the terminal, and means the same; a command to copy stays one line,
// and so does all where nobody knows how wide it may be.
func TestFolded(t *testing.T) {
	const command = "aws lambda put-function-event-invoke-config --function-name salve-orchestrator --region eu-west-1"
	answers := []doctor.Answer{
		{
			Check: "topic", Verdict: doctor.Wrong, Sentence: "nobody hears the topic salve-notices, and what waits for " +
				"approval, and what failed, is told there and nowhere else",
			Fix: "salve deploy hub --yes, with --notice-email and your address behind it; then click the link in the mail",
		},
		{Check: "function", Verdict: doctor.Wrong, Sentence: "short", Fix: command},
	}
	refusal := fault.New(fault.Refused, "whether a StackSet salve-member still has members cannot be seen, so nothing is "+
		"deleted: or, if no members were deployed to units, say --despite-unseen-members")
	told := func(columns int) string {
		var out bytes.Buffer
		a := &app{out: &out, err: &out, columns: columns, errors: columns}
		a.examined(answers)
		if code := a.end(refusal); code != exitNotFixed {
			t.Errorf("exit code %d", code)
		}
		return out.String()
	}
	whole, folded := told(0), told(80)
	if got := len(strings.Split(strings.TrimSpace(whole), "\n")); got != 5 {
		t.Errorf("%d lines:\n%s", got, whole)
	}
	for line := range strings.SplitSeq(folded, "\n") {
		if len(line) > 80 && !strings.Contains(line, command) {
			t.Errorf("too wide: %s", line)
		}
	}
	if strings.Join(strings.Fields(whole), " ") != strings.Join(strings.Fields(folded), " ") ||
		!strings.Contains(folded, "fix: "+command+"\n") {
		t.Errorf("folded it says:\n%s", folded)
	}
}
