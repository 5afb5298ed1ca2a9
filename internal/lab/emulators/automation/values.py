"""Values in documents: references, selectors and the types of outputs.

Source: Systems Manager user guide, "Data elements and parameters" and "Using action outputs as inputs".
"""

import json
import re
import time

from jsonpath_ng.ext import parse

from .errors import StepFailed

_REFERENCE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


class Unknown(StepFailed):
    """A reference to something that is not there."""

    def __init__(self, name):
        super().__init__(f"{{{{ {name} }}}} refers to nothing that is known here", "Verification")


def references(value):
    """All names that a value refers to, in any depth."""
    if isinstance(value, str):
        return _REFERENCE.findall(value)
    if isinstance(value, dict):
        return [name for item in value.items() for part in item for name in references(part)]
    if isinstance(value, list):
        return [name for part in value for name in references(part)]
    return []


def resolve(value, scope):
    """The value with what it refers to. A text that is one reference keeps the type; inside a text it becomes text."""
    if isinstance(value, dict):
        return {resolve(key, scope): resolve(part, scope) for key, part in value.items()}
    if isinstance(value, list):
        return [resolve(part, scope) for part in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value.strip())
    if whole:
        return scope.find(whole.group(1))
    return _REFERENCE.sub(lambda found: text(scope.find(found.group(1))), value)


def text(value):
    """A value inside a text, and on the wire: lists and maps as JSON, truth values as AWS writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return json.dumps(value, default=str)


def wire(value):
    """A value as outputs and parameters carry it: a list of texts."""
    return [text(part) for part in value] if isinstance(value, list) else [text(value)]


def select(selector, answer):
    """What a selector finds. One that finds nothing is an error: AWS's behaviour is not documented."""
    found = [match.value for match in parse(selector).find(answer)]
    if not found:
        raise StepFailed(f"the selector {selector} finds nothing in the answer", "Verification")
    many = any(mark in selector for mark in ("*", "?", "..", ":"))
    return found if many else found[0]


_TYPES = {
    "String": str, "Boolean": bool, "Integer": int, "StringMap": dict, "StringList": list, "MapList": list,
}


def typed(name, kind, value):
    """The value of an output, which must be what it is declared as."""
    if kind not in _TYPES:
        raise StepFailed(f"output {name} has the unknown type {kind}", "Verification")
    if kind == "String" and not isinstance(value, str):
        return text(value)
    if kind == "Integer" and isinstance(value, bool) or not isinstance(value, _TYPES[kind]):
        raise StepFailed(f"output {name} is declared as {kind}, but is {text(value)}", "Verification")
    return value


class Scope:
    """The names a document can refer to while it runs: parameters, outputs of steps, and variables."""

    def __init__(self, parameters, account, region, execution, now):
        day = time.gmtime(now)
        self._values = {
            **parameters,
            "global:ACCOUNT_ID": account, "global:REGION": region, "global:AWS_PARTITION": "aws",
            "global:DATE": time.strftime("%Y-%m-%d", day),
            "global:DATE_TIME": time.strftime("%Y-%m-%d_%H.%M.%S", day),
            "automation:EXECUTION_ID": execution,
        }

    def find(self, name):
        """The value of a name."""
        if name not in self._values:
            raise Unknown(name)
        return self._values[name]

    def learn(self, step, outputs):
        """Takes over what a step put out."""
        for name, value in outputs.items():
            self._values[f"{step}.{name}"] = value
