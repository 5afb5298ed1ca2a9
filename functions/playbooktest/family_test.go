package playbooktest_test

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
)

// kinship, when set, makes this program run the family that another run of it looks at.
const kinship = "CONTROLTEST_FAMILY"

// family are controls alike, and others that only look so.
func family() []control.Control {
	as := func(id string, m mistakes) control.Control {
		declared := m.info
		m.info = func(i *control.Info) {
			if declared != nil {
				declared(i)
			}
			i.ID = "Salve." + id
		}
		return m.control()
	}
	return []control.Control{
		as("First", mistakes{}), as("Sibling", mistakes{}),
		as("AsksMore", mistakes{callsMore: true}),
		as("DeclaresMore", mistakes{info: func(i *control.Info) { i.UndoActions = []string{"s3:GetBucketAcl"} }}),
		as("ByAnother", mistakes{readsOnce: true}),
		as("AskedAgain", mistakes{callsMore: true}),
	}
}

// TestFamilyOf runs a family of which some must fail. It does so only in the process that TestFamily starts.
func TestFamilyOf(t *testing.T) {
	if os.Getenv(kinship) == "" {
		t.Skip("run by TestFamily")
	}
	playbooktest.Family(t, family(), func(c control.Control) playbooktest.Suite {
		s := mistakes{}.suite(map[string]string{"team": "a"})
		s.Control = c
		if c.ID == "Salve.Sibling" { // a case that it cannot have keeps its own reason
			s.Skip = map[string]string{playbooktest.CaseUnrelated: "of its own"}
			s.Unrelated = func(context.Context, *testing.T, aws.Config, string) {}
		}
		return s
	})
}

// A sibling leaves out what the first shows, and says so; whatever only looks like one runs all cases.
func TestFamily(t *testing.T) {
	if os.Getenv(mistaken) != "" {
		t.Skip("only the mistaken ones run")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFamilyOf$", "-test.v")
	cmd.Env = append(os.Environ(), kinship+"=1")
	out, _ := cmd.CombinedOutput() // some of it fails: see below
	ran := func(id string) (passed, left, failed []string) {
		for _, m := range regexp.MustCompile(`--- (PASS|SKIP|FAIL): TestFamilyOf/Salve\.`+id+`/(\S+)`).FindAllStringSubmatch(
			string(out), -1) {
			switch m[1] {
			case "PASS":
				passed = append(passed, m[2])
			case "SKIP":
				left = append(left, m[2])
			default:
				failed = append(failed, m[2])
			}
		}
		return passed, left, failed
	}
	const spared = 2 // there are neither facts nor a runbook
	for id, want := range map[string]struct {
		left   int
		failed []string
	}{
		"First":    {left: spared},
		"Sibling":  {left: 17},
		"AsksMore": {left: spared, failed: []string{"calls_are_the_declared_actions"}},
		"DeclaresMore": {left: spared, failed: []string{
			"denied_without_any_one_action", "calls_are_the_declared_actions",
		}},
		"ByAnother":  {left: spared, failed: []string{"undo_keeps_what_others_changed"}},
		"AskedAgain": {left: 17, failed: []string{"calls_are_the_declared_actions"}}, // of another first
	} {
		passed, left, failed := ran(id)
		if !slices.Equal(failed, want.failed) {
			t.Errorf("%s fails %q, want %q", id, failed, want.failed)
		}
		if all := len(passed) + len(left) + len(failed); all != 26 || len(left) != want.left {
			t.Errorf("%s: %d cases, %d left out, want 26 and %d", id, all, len(left), want.left)
		}
	}
	for _, reason := range []string{"Salve.First shows it: the same writes in the same order", "of its own"} {
		if !strings.Contains(string(out), reason) {
			t.Errorf("nothing says %q", reason)
		}
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}
