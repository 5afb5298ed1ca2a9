package main

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// TestEveryStatusHasAnExitCode: scripts rely on them.
func TestEveryStatusHasAnExitCode(t *testing.T) {
	for status, want := range map[run.Status]exit{
		"": exitDone, run.StatusVerified: exitDone, run.StatusCompliant: exitDone, run.StatusUndone: exitDone,
		run.StatusGone: exitDone, run.StatusPlanned: exitPending, run.StatusAwaitingApproval: exitWaiting,
		run.StatusDeferred: exitWaiting, run.StatusParked: exitWaiting, run.StatusFailed: exitNotFixed,
		run.StatusDenied: exitNotFixed, run.StatusUnverified: exitNotFixed, run.StatusRefused: exitNotFixed,
		run.StatusUndoneInPart: exitNotFixed,
		"of a later version":   exitNotFixed,
	} {
		if got := statusExit(status); got != want {
			t.Errorf("%q: exit code %d, want %d", status, got, want)
		}
	}
}

func TestErrorsAreOneSentence(t *testing.T) {
	answer := &smithy.GenericAPIError{Code: "ValidationError", Message: "no such thing"}
	denial := &smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}
	for name, tc := range map[string]struct {
		err  error
		code int
		text string
	}{
		"ours":    {errors.New("port 1 is in use"), exitError, "salve: port 1 is in use\n"},
		"invalid": {fault.New(fault.Invalid, "write 12 digits"), exitUsage, "salve: write 12 digits\n"},
		"refused": {fault.New(fault.Refused, "run r1 is at work"), exitNotFixed, "salve: run r1 is at work\n"},
		"AWS": {
			fmt.Errorf("x: %w", &smithy.OperationError{ServiceID: "STS", OperationName: "AssumeRole", Err: answer}),
			exitError, "salve: STS AssumeRole failed: ValidationError, no such thing.\n",
		},
		"AWS refused": {
			fmt.Errorf("x: %w", &smithy.OperationError{ServiceID: "S3", OperationName: "PutBucketPolicy", Err: denial}),
			exitNotFixed, "salve: S3 PutBucketPolicy was denied (AccessDenied), AWS does not say by which policy.\n",
		},
		"not onboarded": {
			onboarded(control.Target{Account: "222222222222"}, "salve-remediation", fault.Wrap(fault.NotOnboarded, denial)),
			exitNotFixed, "salve: account 222222222222 is not onboarded, it has no role salve-remediation that trusts this " +
				"hub: deploy the stack deploy/member.yaml into it\n",
		},
		"another error of a session": {
			onboarded(control.Target{Account: "222222222222"}, "salve-remediation", errors.New("port 1 is in use")),
			exitError, "salve: port 1 is in use\n",
		},
		"not the function's role": {
			asRole("arn:r", denial), exitNotFixed, "salve: you may not work as arn:r: that takes the managed policy " +
				"salve-operator and being named in OperatorPrincipals of the hub's stack; or name another role with --role-arn " +
				"(The step was denied (AccessDenied), AWS does not say " +
				"by which policy.)\n",
		},
		"not the limited role of a hub with a prefix": {
			asRole("arn:aws:iam::111111111111:role/acme/acme-salve-operator-limited", denial), exitNotFixed,
			"salve: you may not work as arn:aws:iam::111111111111:role/acme/acme-salve-operator-limited: that takes the " +
				"managed policy acme-salve-operator-limited and being named in LimitedOperatorPrincipals of the hub's stack; or name " +
				"another role with --role-arn (The step was denied (AccessDenied), AWS does not say by which policy.)\n",
		},
		"the role does not answer": {asRole("arn:r", errors.New("no such host")), exitError, "salve: no such host\n"},
		"drifted":                  {fault.New(fault.Drifted, "changed since"), exitNotFixed, "salve: changed since\n"},
		"outage":                   {fault.New(fault.Retry, "later"), exitError, "salve: later\n"},
		"more to say":              {exit(exitPending), exitPending, ""},
		"none":                     {nil, exitDone, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			a := &app{err: &stderr}
			if code := a.end(tc.err); code != tc.code || stderr.String() != tc.text {
				t.Errorf("exit code %d, %q; want %d, %q", code, &stderr, tc.code, tc.text)
			}
		})
	}
}

// TestHandleTellsTheWorst: one event can lead to several lines.
func TestHandleTellsTheWorst(t *testing.T) {
	line := func(event string, status run.Status) audit.Line {
		return audit.Line{Event: event, Status: string(status)}
	}
	for name, tc := range map[string]struct {
		lines []audit.Line
		want  error
	}{
		"nothing":      {nil, nil},
		"fixed":        {[]audit.Line{line(audit.Finished, run.StatusVerified)}, nil},
		"only planned": {[]audit.Line{line(audit.Finished, run.StatusPlanned)}, nil},
		"waits":        {[]audit.Line{line(audit.Deferred, run.StatusDeferred)}, exit(exitWaiting)},
		"refused":      {[]audit.Line{line(audit.Refused, "")}, exit(exitNotFixed)},
		"failed outweighs": {[]audit.Line{
			line(audit.Finished, run.StatusFailed), line(audit.Deferred, run.StatusDeferred), line(audit.Finished, ""),
		}, exit(exitNotFixed)},
	} {
		t.Run(name, func(t *testing.T) {
			a := &app{out: &bytes.Buffer{}}
			if got := a.handled(tc.lines); !errors.Is(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

// TestJudge: what a run led to is compared with what is there now.
func TestJudge(t *testing.T) {
	change := func(from, to any) control.Change { return control.Change{Path: "Flag", From: from, To: to} }
	undo := func(list ...control.Change) run.Run { return run.Run{Undoes: "r", Plan: &control.Plan{Changes: list}} }
	plan := func(list ...control.Change) *control.Plan { return &control.Plan{Changes: list} }
	for name, tc := range map[string]struct {
		run  run.Run
		now  *control.Plan
		gone error
		want run.Status
	}{
		"fix holds":       {run.Run{Plan: plan(change(false, true))}, plan(), nil, run.StatusVerified},
		"fix is gone":     {run.Run{Plan: plan(change(false, true))}, plan(change(false, true)), nil, run.StatusUnverified},
		"undo holds":      {undo(change(true, false)), plan(change(false, true)), nil, run.StatusVerified},
		"undo, other now": {undo(change(true, false)), plan(change(nil, true)), nil, run.StatusUnverified},
		"undo, fixed":     {undo(change(true, false)), plan(), nil, run.StatusUnverified},
		"gone":            {run.Run{}, plan(), errors.New("no such bucket"), run.StatusGone},
	} {
		t.Run(name, func(t *testing.T) {
			got, missing := judge(&tc.run, *tc.now, tc.gone)
			if got != tc.want || len(missing) > 0 != (tc.want == run.StatusUnverified) {
				t.Errorf("got %s, missing %v; want %s", got, missing, tc.want)
			}
		})
	}
}
