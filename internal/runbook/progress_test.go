package runbook_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
)

// progress is an execution and what is said of it.
type progress struct {
	says types.AutomationExecution
	want control.Progress
}

func progresses() map[string]progress {
	step := func(name string, status types.AutomationExecutionStatus, critical bool, why string) types.StepExecution {
		return types.StepExecution{StepName: &name, StepStatus: status, IsCritical: &critical, FailureMessage: &why}
	}
	failed := []types.StepExecution{
		step("Tell", "Failed", false, "no topic"), step("Close", "Failed", true, "no such shop"),
		step("Lock", "Pending", true, ""),
	}
	steps := []control.Step{
		{Name: "Tell", Status: "Failed", Failure: "no topic"}, {Name: "Close", Status: "Failed", Failure: "no such shop"},
	}
	return map[string]progress{
		"at work": {
			types.AutomationExecution{AutomationExecutionStatus: "InProgress", CurrentStepName: aws.String("Close")},
			control.Progress{Status: "InProgress", Step: "Close"},
		},
		"unknown": {
			types.AutomationExecution{AutomationExecutionStatus: "Daydreaming"}, control.Progress{Status: "Daydreaming"},
		},
		"well": {
			types.AutomationExecution{AutomationExecutionStatus: "Success"}, control.Progress{Status: "Success", Over: true},
		},
		"failed": {
			types.AutomationExecution{
				AutomationExecutionStatus: "Failed", FailureMessage: aws.String("a step failed"), StepExecutions: failed,
			},
			control.Progress{
				Status: "Failed", Over: true, Failed: true, Step: "Close", Message: "no such shop", Steps: steps,
			},
		},
		"failed, nobody knows where": {
			types.AutomationExecution{AutomationExecutionStatus: "TimedOut", FailureMessage: aws.String("too long")},
			control.Progress{Status: "TimedOut", Over: true, Failed: true, Message: "too long"},
		},
		"stopped": {
			types.AutomationExecution{AutomationExecutionStatus: "Cancelled"},
			control.Progress{Status: "Cancelled", Over: true, Failed: true},
		},
		"not approved": {
			types.AutomationExecution{
				AutomationExecutionStatus: "Rejected",
				StepExecutions:            []types.StepExecution{step("Ask", "Rejected", true, "rejected by x")},
			},
			control.Progress{
				Status: "Rejected", Over: true, Failed: true, Refused: true, Step: "Ask", Message: "rejected by x",
				Steps: []control.Step{{Name: "Ask", Status: "Rejected", Failure: "rejected by x"}},
			},
		},
		"waits for people": {
			types.AutomationExecution{
				AutomationExecutionStatus: "Waiting", CurrentAction: aws.String("aws:approve"),
				CurrentStepName: aws.String("Ask"), AutomationExecutionId: aws.String("x-1"),
			},
			control.Progress{Status: "Waiting", Step: "Ask", Waits: "somebody to approve step Ask of execution x-1"},
		},
		"waits for AWS": {
			types.AutomationExecution{AutomationExecutionStatus: "Waiting", CurrentAction: aws.String("aws:sleep")},
			control.Progress{Status: "Waiting"},
		},
	}
}

// TestProgress: what is said of an execution in each status.
func TestProgress(t *testing.T) {
	for name, tc := range progresses() {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.says = tc.says
			got := must(kind(&shut{}).Control(info()).Progress(t.Context(), w.env("r1"), control.Execution{ID: "x-1"}))(t)
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestProgressOfSteps: what a step is, when it began and when it ended; that AWS lists no more of them is said.
func TestProgressOfSteps(t *testing.T) {
	began := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	ended := began.Add(1500 * time.Millisecond)
	w := newWorld()
	w.says = types.AutomationExecution{
		AutomationExecutionStatus: "Success", StepExecutionsTruncated: true, StepExecutions: []types.StepExecution{{
			StepName: aws.String("Close"), Action: aws.String("aws:executeAwsApi"), StepStatus: "Success",
			ExecutionStartTime: &began, ExecutionEndTime: &ended,
		}, {StepName: aws.String("Tell"), StepStatus: "Pending"}},
	}
	want := control.Progress{Status: "Success", Over: true, Cut: true, Steps: []control.Step{
		{Name: "Close", Action: "aws:executeAwsApi", Status: "Success", Began: began, Ended: ended},
	}}
	got := must(kind(&shut{}).Control(info()).Progress(t.Context(), w.env("r1"), control.Execution{ID: "x-1"}))(t)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
