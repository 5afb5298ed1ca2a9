"""The actions of steps. Each takes the step's run and its resolved inputs and answers what outputs select from.

Source: Systems Manager Automation actions reference.
"""

import calendar
import json
import re
import time

import botocore.exceptions
from botocore import xform_name

from . import script
from .errors import Rejected, StepFailed
from .values import select, text

# How long the two property actions wait between two looks, in seconds.
POLL = 15

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def _call(run, service, api, inputs):
    """One call of an AWS API with the role's credentials, by the names of boto3."""
    try:
        client = run.session.client(service)
        operation = getattr(client, xform_name(api), None)
        if operation is None:
            raise StepFailed(f"{service} has no API {api}", "Verification")
        answer = operation(**inputs)
    except botocore.exceptions.ParamValidationError as wrong:
        raise StepFailed(f"Step fails when it is validating and resolving the step inputs. {wrong}",
                         "Verification") from wrong
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as wrong:
        raise StepFailed(f"Step fails when it is Execute/Cancelling action. {wrong}") from wrong
    answer.pop("ResponseMetadata", None)
    return _plain(answer)


def _plain(answer):
    """An answer as JSON has it; streams and times become texts."""
    return json.loads(json.dumps(answer, default=lambda value: (
        value.read().decode("utf-8", "replace") if hasattr(value, "read") else str(value))))


def _api(inputs, *own):
    """Service, Api and what is left for the call."""
    rest = {name: value for name, value in inputs.items() if name not in ("Service", "Api", *own)}
    missing = [name for name in ("Service", "Api", *own) if name not in inputs]
    if missing:
        raise StepFailed(f"the inputs lack {', '.join(missing)}", "Verification")
    return inputs["Service"], inputs["Api"], rest


def execute_api(run, inputs):
    service, api, rest = _api(inputs)
    return _call(run, service, api, rest)


def _property(run, inputs):
    service, api, rest = _api(inputs, "PropertySelector", "DesiredValues")
    actual = select(inputs["PropertySelector"], _call(run, service, api, rest))
    # Truth values are compared as Python writes them.
    seen = str(actual) if isinstance(actual, bool) else text(actual)
    return seen, seen in [str(value) for value in inputs["DesiredValues"]]


def assert_property(run, inputs):
    seen, met = _property(run, inputs)
    if not met:
        raise StepFailed(f"{inputs['PropertySelector']} is {seen}, none of {inputs['DesiredValues']}", "Verification")
    return {}


def wait_for_property(run, inputs):
    while True:
        _, met = _property(run, inputs)
        if met:
            return {}
        run.pause(POLL)


def sleep(run, inputs):
    if "Timestamp" in inputs:
        run.sleep_until(calendar.timegm(time.strptime(inputs["Timestamp"], "%Y-%m-%dT%H:%M:%SZ")))
        return {}
    found = _DURATION.fullmatch(str(inputs.get("Duration", "")))
    if not found or not any(found.groups()):
        raise StepFailed(f"{inputs.get('Duration')!r} is no duration such as PT10M", "Verification")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    run.sleep_until(run.now() + ((days * 24 + hours) * 60 + minutes) * 60 + seconds)
    return {}


def execute_script(run, inputs):
    if not str(inputs.get("Runtime", "")).startswith("python3."):
        raise StepFailed(f"the lab runs scripts in Python only, not in {inputs.get('Runtime')}", "Verification")
    if "Attachment" in inputs or "Script" not in inputs or "Handler" not in inputs:
        raise StepFailed("the lab needs a Script and a Handler, and takes no Attachment", "Verification")
    answer = script.run(inputs["Script"], inputs["Handler"], inputs.get("InputPayload") or {},
                        run.session.environment(), run.left())
    return {"Payload": answer}


def invoke_function(run, inputs):
    if "Payload" in inputs and "InputPayload" in inputs:
        raise StepFailed("the inputs have both Payload and InputPayload", "Verification")
    given = {name: inputs[name] for name in ("FunctionName", "InvocationType", "Qualifier", "LogType") if name in inputs}
    if "InputPayload" in inputs:
        given["Payload"] = json.dumps(inputs["InputPayload"])
    elif "Payload" in inputs:
        given["Payload"] = text(inputs["Payload"])
    answer = _call(run, "lambda", "Invoke", given)
    if answer.get("FunctionError"):
        raise StepFailed(f"the function {inputs.get('FunctionName')} failed: {answer.get('Payload')}")
    return answer


def execute_automation(run, inputs):
    for name in inputs:
        if name not in ("DocumentName", "DocumentVersion", "RuntimeParameters"):
            raise StepFailed(f"the lab starts no automation with {name}", "Verification")
    given = {name: inputs[name] for name in ("DocumentName", "DocumentVersion") if name in inputs}
    parameters = inputs.get("RuntimeParameters") or {}
    given["Parameters"] = {
        name: [text(part) for part in value] if isinstance(value, list) else [text(value)]
        for name, value in parameters.items()}
    child = _call(run, "ssm", "StartAutomationExecution", given)["AutomationExecutionId"]
    status, output, message = run.follow(child)
    if status != "Success":
        raise StepFailed(f"the automation {child} of {inputs.get('DocumentName')} ended as {status}: {message}")
    return {"ExecutionId": child, "Status": status, "Output": output}


def approve(run, inputs):
    """Waits for as many approvals as are asked for; one rejection ends it."""
    needed = int(inputs.get("MinRequiredApprovals", 1))
    if inputs.get("NotificationArn"):
        _call(run, "sns", "Publish", {
            "TopicArn": inputs["NotificationArn"], "Subject": "Approval is asked for",
            "Message": f"{inputs.get('Message', '')} {run.execution_id}"})
    while True:
        decisions = run.decisions()
        if "Reject" in decisions.values():
            raise Rejected(next(who for who, said in decisions.items() if said == "Reject"))
        if len(decisions) >= needed:
            return {"ApprovalStatus": "Approved", "ApproverDecisions": decisions}
        run.wait_for_signal()


def branch(run, inputs):
    """Answers the step to go on with, or nothing where no choice holds and there is no default."""
    for choice in inputs.get("Choices") or []:
        if _holds(choice):
            return {"NextStep": choice["NextStep"]}
    return {"NextStep": inputs.get("Default")}


_TEXTS = {
    "StringEquals": lambda a, b: a == b,
    "EqualsIgnoreCase": lambda a, b: a.lower() == b.lower(),
    "StartsWith": lambda a, b: a.startswith(b),
    "EndsWith": lambda a, b: a.endswith(b),
    "Contains": lambda a, b: b in a,
}
_NUMBERS = {
    "NumericEquals": lambda a, b: a == b,
    "NumericGreater": lambda a, b: a > b,
    "NumericLesser": lambda a, b: a < b,
    "NumericGreaterOrEquals": lambda a, b: a >= b,
    "NumericLesserOrEquals": lambda a, b: a <= b,
}


def _holds(choice):
    """Whether a choice of a branch holds; And, Or and Not hold others."""
    if "And" in choice:
        return all(_holds(one) for one in choice["And"])
    if "Or" in choice:
        return any(_holds(one) for one in choice["Or"])
    if "Not" in choice:
        return not _holds(choice["Not"])
    value = choice.get("Variable")
    for name, wanted in choice.items():
        if name in ("Variable", "NextStep"):
            continue
        if name in _TEXTS:
            return _TEXTS[name](text(value), text(wanted))
        if name in _NUMBERS:
            return _NUMBERS[name](float(value), float(wanted))
        if name == "BooleanEquals":
            return text(value) == text(wanted)
        raise StepFailed(f"a branch does not know {name}", "Verification")
    raise StepFailed("a choice compares nothing", "Verification")


# Action → what carries it out, and its timeout in seconds where the step names none.
TABLE = {
    "aws:approve": (approve, 7 * 24 * 3600),
    "aws:assertAwsResourceProperty": (assert_property, 3600),
    "aws:branch": (branch, 3600),
    "aws:executeAutomation": (execute_automation, 172800),
    "aws:executeAwsApi": (execute_api, 3600),
    "aws:executeScript": (execute_script, script.LIMIT),
    "aws:invokeLambdaFunction": (invoke_function, 3600),
    "aws:sleep": (sleep, 7 * 24 * 3600),
    "aws:waitForAwsResourceProperty": (wait_for_property, 3600),
}
