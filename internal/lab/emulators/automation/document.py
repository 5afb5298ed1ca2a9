"""A runbook: what its document says, and whether an execution may start with the parameters it is given.

Source: Systems Manager user guide, "Schemas, features, and examples" and "Data elements and parameters".
"""

import json
import re

import yaml

from .errors import Refused

# Actions that are carried out; every other one is refused before anything runs.
ACTIONS = (
    "aws:approve", "aws:assertAwsResourceProperty", "aws:branch", "aws:executeAutomation", "aws:executeAwsApi",
    "aws:executeScript", "aws:invokeLambdaFunction", "aws:sleep", "aws:waitForAwsResourceProperty",
)
_TYPES = ("String", "StringList", "Boolean", "Integer", "MapList", "StringMap", "AWS::IAM::Role::Arn")
_STEP_NAME = re.compile(r"[a-zA-Z0-9_]{1,128}")
_STEP_FIELDS = {
    "name", "action", "inputs", "outputs", "description", "maxAttempts", "timeoutSeconds", "onFailure", "onCancel",
    "isEnd", "nextStep", "isCritical",
}
_FIELDS = {"schemaVersion", "description", "assumeRole", "parameters", "mainSteps", "outputs"}


def _invalid(message):
    return Refused("InvalidAutomationExecutionParametersException", message)


class Document:
    """A document of schema 0.3."""

    def __init__(self, name, version, content):
        self.name, self.version = name, version
        try:
            self._raw = yaml.safe_load(content)  # JSON is YAML
        except yaml.YAMLError as wrong:
            raise _invalid(f"document {name} cannot be read: {wrong}") from wrong
        if not isinstance(self._raw, dict) or str(self._raw.get("schemaVersion")) != "0.3":
            raise _invalid(f"document {name} is no runbook: its schemaVersion is not 0.3")
        self._check_fields(self._raw, _FIELDS, "the document")
        self.assume_role = self._raw.get("assumeRole") or ""
        self.parameters = self._raw.get("parameters") or {}
        self.steps = self._raw.get("mainSteps") or []
        self.outputs = self._raw.get("outputs") or []
        self._check_steps()

    @staticmethod
    def _check_fields(given, known, where):
        for field in given:
            if field not in known:
                raise _invalid(f"{where} has {field}, which the lab does not carry out")

    def _check_steps(self):
        names = [step.get("name") for step in self.steps]
        if not names or len(set(names)) != len(names):
            raise _invalid("a document needs steps with names of their own")
        for step in self.steps:
            self._check_step(step, names)

    def _check_step(self, step, names):
        name = step.get("name") or ""
        if not _STEP_NAME.fullmatch(name):
            raise _invalid(f"{name!r} is no name of a step")
        self._check_fields(step, _STEP_FIELDS, f"step {name}")
        if step.get("action") not in ACTIONS:
            raise _invalid(f"step {name}: the lab does not carry out {step.get('action')}")
        for field in ("nextStep", "onFailure", "onCancel"):
            target = str(step.get(field) or "")
            if field != "nextStep":
                target = target[len("step:"):] if target.startswith("step:") else ""
            if target and target not in names:
                raise _invalid(f"step {name}: {field} names {target}, which is no step")

    def start_index(self, name):
        """The position of a step."""
        return next(i for i, step in enumerate(self.steps) if step["name"] == name)

    def resolve_parameters(self, given):
        """The typed parameters of an execution, from the wire's map of lists, or why it cannot start."""
        for name in given:
            if name not in self.parameters:
                raise _invalid(f"the document has no parameter {name}")
        values = {}
        for name, declared in self.parameters.items():
            if name in given:
                values[name] = _read(name, declared, given[name])
            elif "default" in declared:
                values[name] = declared["default"]
            else:
                raise _invalid(f"parameter {name} is required")
        return values


def _read(name, declared, listed):
    """One parameter from the wire, held to what the document says of it."""
    kind = declared.get("type")
    if kind not in _TYPES:
        raise _invalid(f"parameter {name} has the unknown type {kind}")
    parts = [str(part) for part in listed]
    _hold(name, declared, parts)
    if kind == "StringList":
        return parts
    if kind == "MapList":
        return [_json(name, part, dict) for part in parts]
    if len(parts) != 1:
        raise _invalid(f"parameter {name} takes one value, not {len(parts)}")
    if kind == "StringMap":
        return _json(name, parts[0], dict)
    if kind == "Boolean":
        if parts[0].lower() not in ("true", "false"):
            raise _invalid(f"parameter {name} is true or false, not {parts[0]}")
        return parts[0].lower() == "true"
    if kind == "Integer":
        if not re.fullmatch(r"-?[0-9]+", parts[0]):
            raise _invalid(f"parameter {name} is a number, not {parts[0]}")
        return int(parts[0])
    return parts[0]


def _hold(name, declared, parts):
    allowed, pattern = declared.get("allowedValues"), declared.get("allowedPattern")
    for part in parts:
        if allowed is not None and part not in [str(value) for value in allowed]:
            raise _invalid(f"parameter {name} is {part}, which is none of its allowedValues")
        if pattern and not re.search(pattern, part):
            raise _invalid(f"parameter {name} is {part}, which its allowedPattern {pattern} does not match")
        if not declared.get("minChars", 0) <= len(part) <= declared.get("maxChars", 1 << 20):
            raise _invalid(f"parameter {name} has {len(part)} characters, outside of minChars and maxChars")
    if not declared.get("minItems", 0) <= len(parts) <= declared.get("maxItems", 1 << 20):
        raise _invalid(f"parameter {name} has {len(parts)} values, outside of minItems and maxItems")


def _json(name, part, kind):
    try:
        value = json.loads(part)
    except ValueError as wrong:
        raise _invalid(f"parameter {name} is no JSON: {part}") from wrong
    if not isinstance(value, kind):
        raise _invalid(f"parameter {name} is no map: {part}")
    return value
