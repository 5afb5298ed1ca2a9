package judge_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/judge"
)

func TestRecord(t *testing.T) {
	folder := t.TempDir()
	at := os.DirFS(folder)
	if r, err := judge.ReadRecord(at, "judge.json"); err != nil || len(r.Controls) != 0 {
		t.Errorf("there is a record: %v, %v", r, err)
	}
	want := judge.Record{Prowler: "1", Controls: map[string][]judge.Seen{
		"S3.8": {{Suite: "TestB"}, {Suite: "TestA", Checks: map[string][3]string{"c": {"FAIL", "PASS", "FAIL"}}}},
	}}
	if err := want.Write(filepath.Join(folder, "judge.json")); err != nil {
		t.Fatal(err)
	}
	got, err := judge.ReadRecord(at, "judge.json")
	if d := cmp.Diff(want, got); d != "" || err != nil || got.Controls["S3.8"][0].Suite != "TestA" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	if _, err := judge.ReadRecord(fstest.MapFS{"judge.json": {Data: []byte("{")}}, "judge.json"); err == nil {
		t.Error("half a record was read")
	}
	if want.Write(folder) == nil {
		t.Error("a folder was taken for a file")
	}
}

// TestWhatIsOpen: where the judge differs or is silent somebody has said why, and where something got worse the cause.
// A reason for what is no longer so is open too.
func TestWhatIsOpen(t *testing.T) {
	checks := judge.Checks{Asks: map[string]map[string]string{"A.1": {"a": ""}, "A.2": {"a": ""}}}
	record := judge.Record{Controls: map[string][]judge.Seen{
		"A.1": {{
			Checks: map[string][3]string{"a": {"PASS", "PASS", "PASS"}}, Worse: map[string]string{"b": judge.OfItself},
			Made: []string{"c"},
		}},
		"A.2": {{}}, "A.3": {{}},
	}}
	said := judge.Settled{
		Differs: map[string]string{"A.1": "why"}, Unseen: map[string]string{"A.2": "why"},
		Worse: map[string]map[string]string{"b": {"A.1": "why"}}, Made: map[string]string{"A.1": "why"},
	}
	if err := said.Open(checks, record); err != nil {
		t.Errorf("all is said, and open is: %v", err)
	}
	stale := judge.Settled{
		Differs: map[string]string{"A.2": "why", "A.4": "why"}, Unseen: map[string]string{"A.1": "why"},
		Worse: map[string]map[string]string{"b": {"A.3": "why"}}, Made: map[string]string{"A.2": "why"},
	}
	for name, s := range map[string]judge.Settled{"nothing is said": {}, "what is said is stale": stale} {
		err := s.Open(checks, record)
		if err == nil {
			t.Fatalf("%s, and nothing is open", name)
		}
		want := map[string][]string{
			"nothing is said": {
				"differs: A.1 is missing", "unseen: A.2 is missing", "worse: b fails once A.1 is fixed", "made: A.1 is missing",
			},
			"what is said is stale": {
				"differs: A.2 is there", "differs: A.4 is there", "unseen: A.1 is there", "worse: b has a cause for A.3",
				"made: A.2 is there",
			},
		}[name]
		for _, line := range want {
			if !strings.Contains(err.Error(), line) {
				t.Errorf("%s: not open is %q:\n%v", name, line, err)
			}
		}
	}
}

// TestTheRecordIsSettled holds what the judge saw last against what is decided.
func TestTheRecordIsSettled(t *testing.T) {
	checks, err := judge.ReadChecks()
	if err != nil {
		t.Fatal(err)
	}
	settled, err := judge.ReadSettled()
	if err != nil {
		t.Fatal(err)
	}
	record, err := judge.ReadRecord(os.DirFS("../.."), judge.Path)
	if err != nil || len(record.Controls) == 0 {
		t.Fatalf("no record of the judge: %v", err)
	}
	if err := settled.Open(checks, record); err != nil {
		t.Error(err)
	}
	for id, seen := range record.Controls {
		for _, s := range seen {
			for check := range s.Checks {
				if _, asks := checks.Asks[id][check]; !asks {
					t.Errorf("%s was judged by %s, which checks.yaml does not say asks for it: run make judge", id, check)
				}
			}
		}
	}
}

func TestServices(t *testing.T) {
	checks, err := judge.ReadChecks()
	if err != nil {
		t.Fatal(err)
	}
	got := checks.Services("S3.8", []string{
		"s3:GetBucketPolicy", "ec2:DescribeVpcs", "logs:PutRetentionPolicy", "lambda:GetPolicy", "sts:GetCallerIdentity",
		"sns:CreateTopic",
	})
	if d := cmp.Diff([]string{"awslambda", "cloudwatch", "ec2", "s3", "sns", "vpc"}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := checks.Services("CloudTrail.7", nil); len(got) != 1 || got[0] != "cloudtrail" {
		t.Errorf("by its checks alone: %v", got)
	}
}
