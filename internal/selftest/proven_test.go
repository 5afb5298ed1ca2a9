package selftest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/selftest"
)

// TestThePageSaysWhatWasProven: what the page says of AWS follows from the reports that are committed, and from nothing
// else. A report of a lab is none.
func TestThePageSaysWhatWasProven(t *testing.T) {
	reports, err := filepath.Glob("../../docs/proof/*.json")
	if err != nil {
		t.Fatal(err)
	}
	last := selftest.Report{}
	for _, name := range reports {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var r selftest.Report
		if err := json.Unmarshal(raw, &r); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r.Emulated || r.Version != 1 {
			t.Errorf("%s is no report of AWS", name)
		}
		if r.OK && r.Day > last.Day {
			last = r
		}
	}
	page, err := os.ReadFile("../../docs/selftest.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := "\n" + selftest.Proven(last) + "\n"; !strings.Contains(string(page), want) {
		t.Errorf("docs/selftest.md does not say %q", want)
	}
}

func TestProven(t *testing.T) {
	if got := selftest.Proven(selftest.Report{}); got != "Proven on AWS: never." {
		t.Error(got)
	}
	r := selftest.Report{Day: "2027-01-02", Program: "v1.0.0", Region: "eu-west-1", OK: true, Controls: []selftest.Control{
		{Control: "S3.8"}, {Control: "SQS.1"},
	}}
	if got := selftest.Proven(r); got != "Proven on AWS: S3.8, SQS.1, on 2027-01-02 in eu-west-1 with v1.0.0." {
		t.Error(got)
	}
}
