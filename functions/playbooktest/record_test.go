package playbooktest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/ran"
)

// recorded, when set, makes this program answer a call, which the record of another folder must say.
const recorded = "CONTROLTEST_RECORDED"

// TestAnswersOne does so only in the process that TestTheRecordIsHeld starts.
func TestAnswersOne(t *testing.T) {
	if os.Getenv(recorded) == "" {
		t.Skip("run by TestTheRecordIsHeld")
	}
	_ = playbooktest.Env(t, mistakes{}.control(), "arn:aws:s3:::labels", playbooktest.Unplugged(), playbooktest.Answers())
}

// A package that keeps a record fails where it says otherwise, until it is written anew; then what is no more is gone.
func TestTheRecordIsHeld(t *testing.T) {
	folder := t.TempDir()
	run := func(flags ...string) (string, bool) {
		cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-test.run=^TestAnswersOne$"}, flags...)...)
		cmd.Dir, cmd.Env = folder, append(os.Environ(), recorded+"=1")
		out, err := cmd.CombinedOutput()
		return string(out), err == nil
	}
	if out, passed := run(); !passed {
		t.Errorf("without a record there is none to hold:\n%s", out)
	}
	old := ran.Record{
		"Salve.Gone":   {Answered: []string{"TestAnswersOne"}},
		"Salve.Labels": {Suites: map[string]ran.Suite{"TestAnswersOne/x": {}, "TestOther": {On: "the lab"}}},
	}
	playbooktest.Done(t, old.Write(folder))
	if out, passed := run(); passed || !strings.Contains(out, "says otherwise") {
		t.Errorf("a stale record is held:\n%s", out)
	}
	if out, passed := run("-update"); !passed {
		t.Errorf("the record is not written:\n%s", out)
	}
	if out, passed := run(); !passed {
		t.Errorf("what was written is not held:\n%s", out)
	}
	now, _, err := ran.Read(os.DirFS(folder), ".")
	playbooktest.Done(t, err)
	labels := now["Salve.Labels"]
	if len(now) != 1 || len(labels.Suites) != 1 || labels.Suites["TestOther"].On == "" || len(labels.Answered) != 1 {
		t.Errorf("the record is %+v", now)
	}
}
