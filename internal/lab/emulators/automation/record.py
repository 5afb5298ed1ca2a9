"""What the API tells of an execution and its steps, in the shapes of GetAutomationExecution."""

from .values import text, wire

# Statuses after which nothing happens any more.
ENDED = ("Success", "TimedOut", "Cancelled", "Failed", "Rejected")


def step_record(number, step, timeout):
    """A step that has not begun."""
    failure = step.get("onFailure", "Abort")
    return {
        "StepName": step["name"], "Action": step["action"], "TimeoutSeconds": timeout, "OnFailure": failure,
        "MaxAttempts": int(step.get("maxAttempts", 1)), "StepStatus": "Pending", "StepExecutionId": f"{number}",
        "Inputs": {}, "Outputs": {}, "IsEnd": bool(step.get("isEnd", False)),
        "IsCritical": bool(step.get("isCritical", failure != "Continue")),
        **({"NextStep": step["nextStep"]} if step.get("nextStep") else {}),
    }


def begin(record, inputs, now):
    """The step runs."""
    record.update(StepStatus="InProgress", ExecutionStartTime=now,
                  Inputs={name: text(value) for name, value in inputs.items()})


def fail(record, status, message, kind):
    """The step has ended without success."""
    record.update(StepStatus=status, FailureMessage=message, FailureDetails={
        "FailureStage": "Invocation" if kind == "Action" else "PreVerification", "FailureType": kind,
        "Details": {"VerificationErrorMessage" if kind != "Action" else "ErrorMessage": [message]}})


def put_out(record, outputs):
    """What the step put out."""
    record["Outputs"] = {name: wire(value) for name, value in outputs.items()}


def execution_record(run):
    """An execution as GetAutomationExecution answers it."""
    current = next((step for step in run.records if step["StepStatus"] in ("InProgress", "Waiting")), None)
    record = {
        "AutomationExecutionId": run.execution_id, "DocumentName": run.document.name,
        "DocumentVersion": run.document.version, "ExecutionStartTime": run.started,
        "AutomationExecutionStatus": run.status, "StepExecutions": run.records, "StepExecutionsTruncated": False,
        "Parameters": run.given, "Outputs": run.outputs, "Mode": "Auto", "ExecutedBy": run.caller,
        "ResolvedTargets": {"ParameterValues": [], "Truncated": False},
    }
    if run.parent:
        record["ParentAutomationExecutionId"] = run.parent
    if run.failure:
        record["FailureMessage"] = run.failure
    if run.ended:
        record["ExecutionEndTime"] = run.ended
    if current:
        record.update(CurrentStepName=current["StepName"], CurrentAction=current["Action"])
    return record


def metadata(run):
    """An execution as DescribeAutomationExecutions lists it."""
    whole = execution_record(run)
    left_out = ("StepExecutions", "StepExecutionsTruncated", "Parameters")
    return {**{name: value for name, value in whole.items() if name not in left_out}, "AutomationType": "Local"}
