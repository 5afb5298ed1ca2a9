package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

// startedRun is a run whose runbook failed at its second step.
func startedRun() *run.Run {
	began := time.Date(2026, 11, 30, 10, 0, 3, 0, time.UTC)
	return &run.Run{
		ID: "r1", Key: run.Key{Account: "222222222222", Control: "Bucket.1", Resource: "arn:aws:s3:::a"}, Trigger: "click",
		State: run.StateClosed, Status: run.StatusFailed, Created: began, Finished: began.Add(time.Minute),
		Plan: &control.Plan{Hash: strings.Repeat("8", 64), Runbook: &control.Runbook{
			Document: "Salve-CloseBucket", Version: "3", Content: "c", Parameters: map[string][]string{"BucketName": {"a"}},
		}},
		Execution: &control.Execution{
			ID: "4105a4fc-f944-11e6-9d32-0a1b2c3d4e5f", Started: began, Ended: began.Add(time.Minute), Status: "Failed",
			Failure: "Step fails when it is closing.", Cut: true, Steps: []control.Step{
				{
					Name: "Remember", Action: "aws:executeScript", Status: "Success", Began: began.Add(time.Second),
					Ended: began.Add(2345 * time.Millisecond),
				},
				{
					Name: "Close", Action: "aws:executeAwsApi", Status: "Failed", Began: began.Add(24 * time.Hour),
					Ended: began.Add(24*time.Hour + 20*time.Millisecond), Failure: "AccessDenied",
				},
				{Name: "Prove", Action: "aws:executeScript", Status: "InProgress"},
			},
		},
	}
}

// TestShowsSteps: what a run started, how far that came and what each step did, on a terminal of the usual width.
func TestShowsSteps(t *testing.T) {
	printed := func(r *run.Run) string {
		var out bytes.Buffer
		a := &app{out: &out, err: &out, format: formatTable, columns: 80}
		a.execution(r)
		return out.String()
	}
	want := `  by runbook Salve-CloseBucket version 3: BucketName=a
  execution: 4105a4fc-f944-11e6-9d32-0a1b2c3d4e5f
  started: 2026-11-30 10:00:03 UTC; Failed, seen 2026-11-30 10:01:03 UTC
    step      action             status      began                    took
    Remember  aws:executeScript  Success     10:00:04                 1.3s
    Close     aws:executeAwsApi  Failed      2026-12-01 10:00:03 UTC  20ms
    Prove     aws:executeScript  InProgress
    Close failed: AccessDenied
    It failed: Step fails when it is closing.
    It had more steps, which are not kept.
`
	got := printed(startedRun())
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	var raw bytes.Buffer
	a := &app{out: &raw, err: &raw, format: formatJSON, names: known(t)}
	err := a.data(a.report(startedRun()), nil)
	if err = errors.Join(err, conforms(schemas, "show", formatJSON, raw.Bytes())); err != nil {
		t.Error(err)
	}
	open := startedRun()
	open.Execution.Ended, open.Execution.Status = time.Time{}, "InProgress"
	if got := printed(open); !strings.Contains(got, "; InProgress at the last look\n") {
		t.Error(got)
	}
	open.Execution = &control.Execution{ID: "x"}
	if got := printed(open); !strings.Contains(got, "; nobody has looked yet how far it is\n") {
		t.Error(got)
	}
}
