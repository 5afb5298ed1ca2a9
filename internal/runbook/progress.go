package runbook

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// progress asks SSM Automation how far an execution is.
func progress(ctx context.Context, env control.Env, e control.Execution) (control.Progress, error) {
	seen, err := look(ctx, env, e)
	if err != nil {
		return control.Progress{}, err
	}
	return of(*seen), nil
}

// look asks SSM Automation for an execution, with its steps.
func look(ctx context.Context, env control.Env, e control.Execution) (*types.AutomationExecution, error) {
	out, err := ssm.NewFromConfig(env.Config).GetAutomationExecution(ctx, &ssm.GetAutomationExecutionInput{
		AutomationExecutionId: &e.ID,
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("look at execution %s: %w", e.ID, err)
	case out.AutomationExecution == nil || out.AutomationExecution.AutomationExecutionStatus == "":
		return nil, fault.New(fault.Invalid, "GetAutomationExecution answered without a status of %s", e.ID)
	}
	return out.AutomationExecution, nil
}

// of is the progress of an execution. A status that nobody knows yet is not the end.
// Source: Systems Manager API reference, AutomationExecution.
func of(e types.AutomationExecution) control.Progress {
	p := control.Progress{
		Status: string(e.AutomationExecutionStatus), Step: aws.ToString(e.CurrentStepName),
		Message: aws.ToString(e.FailureMessage),
	}
	switch e.AutomationExecutionStatus { //nolint:exhaustive // all others are not over
	case types.AutomationExecutionStatusSuccess, types.AutomationExecutionStatusCompletedWithSuccess:
		p.Over = true
	case types.AutomationExecutionStatusRejected, types.AutomationExecutionStatusChangeCalendarOverrideRejected:
		p.Over, p.Failed, p.Refused = true, true, true
	case types.AutomationExecutionStatusFailed, types.AutomationExecutionStatusTimedout,
		types.AutomationExecutionStatusCancelled, types.AutomationExecutionStatusCompletedWithFailure,
		types.AutomationExecutionStatusExited:
		p.Over, p.Failed = true, true
	case types.AutomationExecutionStatusPendingApproval:
		p.Waits = "somebody to approve execution"
	case types.AutomationExecutionStatusWaiting:
		if aws.ToString(e.CurrentAction) == "aws:approve" {
			p.Waits = "somebody to approve step " + p.Step + " of execution"
		}
	}
	if p.Waits != "" {
		p.Waits += " " + aws.ToString(e.AutomationExecutionId)
	}
	if p.Failed {
		blame(&p, e.StepExecutions)
	}
	p.Steps, p.Cut = begun(e.StepExecutions), e.StepExecutionsTruncated
	return p
}

// begun are the steps without those that are still to come, which are listed too.
func begun(steps []types.StepExecution) []control.Step {
	var out []control.Step
	for _, step := range steps {
		if step.StepStatus == types.AutomationExecutionStatusPending {
			continue
		}
		out = append(out, control.Step{
			Name: aws.ToString(step.StepName), Action: aws.ToString(step.Action), Status: string(step.StepStatus),
			Began: aws.ToTime(step.ExecutionStartTime), Ended: aws.ToTime(step.ExecutionEndTime),
			Failure: aws.ToString(step.FailureMessage),
		})
	}
	return out
}

// blame names the step that failed and what it said. A step whose failure the document lets pass is only named where
// no other failed. The whole says no more than that a step failed, where a step says why.
func blame(p *control.Progress, steps []types.StepExecution) {
	named := false
	for _, step := range steps {
		failed := of(types.AutomationExecution{AutomationExecutionStatus: step.StepStatus}).Failed
		if critical := step.IsCritical == nil || *step.IsCritical; !failed || named && !critical {
			continue
		}
		named, p.Step = true, aws.ToString(step.StepName)
		if message := aws.ToString(step.FailureMessage); message != "" {
			p.Message = message
		}
	}
}
