package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/judge"
	"github.com/salve-security/salve/internal/ran"
)

func TestFindSuites(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte("package x\n" + text)} }
	got, err := findSuites(fstest.MapFS{
		"s3/a_test.go": file("func TestOne(t *testing.T) { playbooktest.Run(t, s) }\n" +
			"func TestTwo(t *testing.T) { helped(t) }"),
		"s3/b_test.go": file("func helped(t *testing.T) { again(t); playbooktest.Family(t, c, s) }\n" +
			"func again(t *testing.T) { helped(t) }\nfunc TestNot(t *testing.T) { playbooktest.Env(t) }"),
		"s3/s3.go":          file("func TestNoTest() { playbooktest.Run() }"),
		"sqs/q_test.go":     file("func TestThree(t *testing.T) { for { t.Run(n, func() { playbooktest.Run(t, s) }) } }"),
		"none/none_test.go": file("func TestNone(t *testing.T) { helped(t) }"),
	})
	want := []suite{{"s3", []string{"TestOne", "TestTwo"}}, {"sqs", []string{"TestThree"}}}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(suite{})); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	if chosen, err := choose(got, []string{"sqs"}); err != nil || len(chosen) != 1 || chosen[0].folder != "sqs" {
		t.Errorf("chose %v, %v", chosen, err)
	}
	if _, err := choose(got, []string{"none"}); err == nil {
		t.Error("a folder without suites was chosen")
	}
	if _, err := findSuites(fstest.MapFS{"s3/a_test.go": {Data: []byte("package")}}); err == nil {
		t.Error("half a file was read")
	}
}

// newCourt is one whose scans are answered by answer.
func newCourt(answer func(request) (judge.Answer, error)) *court {
	return &court{
		checks: judge.Checks{Asks: map[string]map[string]string{"S3.8": {"s3_block": ""}}}, scan: answer,
		record: judge.Record{Controls: map[string][]judge.Seen{"S3.8": {{Suite: "TestOld"}}, "S3.1": {{Suite: "TestOld"}}}},
		trials: map[string]*judge.Trial{}, anew: map[string]bool{},
	}
}

// ask has a look at each step, and stops at one that fails.
func ask(t *testing.T, url string, look ran.Look) error {
	t.Helper()
	for _, look.Step = range ran.Steps() {
		body, err := json.Marshal(look)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.Post(url, "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusNoContent {
			return errors.New(answer.Status)
		}
	}
	return nil
}

func TestCourt(t *testing.T) {
	var asked []request
	c := newCourt(func(r request) (judge.Answer, error) {
		status := []string{"FAIL", "PASS", "FAIL"}[len(asked)%3]
		asked = append(asked, r)
		return judge.Answer{Findings: []judge.Finding{{Check: "s3_block", Status: status, Name: "b"}}}, nil
	})
	at, closing, err := serve(c)
	if err != nil {
		t.Fatal(err)
	}
	defer closing()
	look := ran.Look{
		Control: "S3.8", Suite: "TestA", Endpoint: "http://lab", Key: "1", Secret: "s", Region: "r", Resource: "arn:b",
		Name: "b", Writes: []string{"s3:PutBucketPolicy", "sns:CreateTopic"},
	}
	if err := ask(t, at, look); err != nil {
		t.Fatal(err)
	}
	lab := request{Endpoint: "http://lab", Key: "1", Secret: "s", Region: "r"}
	before, after := lab, lab
	before.Services, after.Services, after.Only = []string{"s3", "sns"}, []string{"s3"}, []string{"s3_block"}
	if d := cmp.Diff([]request{before, before, after}, asked); d != "" {
		t.Errorf("Prowler was asked (-want +got):\n%s", d)
	}
	look.Suite, look.Endpoint = "TestB", "" // out of reach: nothing is scanned
	if err := ask(t, at, look); err != nil || len(asked) != 3 {
		t.Errorf("%d scans, %v", len(asked), err)
	}
	want := []judge.Seen{
		{Suite: "TestA", Checks: map[string][3]string{"s3_block": {"FAIL", "PASS", "FAIL"}}},
		{Suite: "TestB", Checks: map[string][3]string{"s3_block": {"none", "none", "none"}}},
	}
	if d := cmp.Diff(want, c.record.Controls["S3.8"]); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if len(c.record.Controls["S3.1"]) != 1 || c.unfinished() != nil {
		t.Errorf("what was not judged: %v, %v", c.record.Controls["S3.1"], c.unfinished())
	}
}

// A scan that fails fails the suite, and the trial is named.
func TestCourtWithoutAnswer(t *testing.T) {
	c := newCourt(func(request) (judge.Answer, error) { return judge.Answer{}, errors.New("no answer") })
	at, closing, err := serve(c)
	if err != nil {
		t.Fatal(err)
	}
	defer closing()
	if err := ask(t, at, ran.Look{Control: "S3.8", Suite: "TestA", Endpoint: "http://lab"}); err == nil {
		t.Error("the suite goes on without an answer")
	}
	if err := c.unfinished(); err == nil || !strings.Contains(err.Error(), "S3.8 TestA") {
		t.Errorf("unfinished: %v", err)
	}
	if len(c.record.Controls["S3.8"]) != 1 {
		t.Error("what was not seen was kept")
	}
	if err := c.look(ran.Look{Control: "S3.8", Suite: "TestOther", Step: ran.Fixed}); err == nil {
		t.Error("a fix of nothing was looked at")
	}
}

// prowler is an interpreter that says these lines, one for each it is told.
func prowler(t *testing.T, lines ...string) string {
	t.Helper()
	file, text := filepath.Join(t.TempDir(), "python"), "#!/bin/sh\necho '{\"version\":\"5\"}'\n"
	for _, line := range lines {
		text += "read request\necho '" + line + "'\n"
	}
	if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestScanner(t *testing.T) {
	s, err := startScanner(t.Context(), prowler(t, `{"findings":[{"check":"c","status":"FAIL"}]}`, `{"failed":"no"}`))
	if err != nil || s.version != "5" {
		t.Fatalf("version %q, %v", s.version, err)
	}
	a, err := s.scan(request{})
	if d := cmp.Diff([]judge.Finding{{Check: "c", Status: "FAIL"}}, a.Findings); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	if _, err := s.scan(request{}); err == nil {
		t.Error("a scan that failed has an answer")
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
	if _, err := s.scan(request{}); err == nil {
		t.Error("Prowler has ended, and answers")
	}
	if _, err := startScanner(t.Context(), filepath.Join(t.TempDir(), "python")); err == nil {
		t.Error("Prowler starts without an environment")
	}
}
