"""Runs scripts of runbooks on their own: without a lab, with a boto3 that answers what a case says.

Standard input is a list of cases: script, handler, events, and answers by service.operation, a list each whose last
one is given for ever; {"error": CODE} raises. Each case answers with result or error, calls, and seconds slept.
"""

import json
import sys
import time
import types


class ClientError(Exception):
    """What botocore raises."""

    def __init__(self, code):
        super().__init__(code)
        status = 404 if code in ("404", "NoSuchBucket") else 403
        self.response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}


class Exceptions:
    """The classes of a client's errors, by their codes."""

    classes = {}

    def __getattr__(self, code):
        return self.classes.setdefault(code, type(code, (ClientError,), {}))


class Client:
    """A client that answers from a case and writes down what it was asked."""

    def __init__(self, service, answers, calls):
        self.service, self.answers, self.calls, self.exceptions = service, answers, calls, Exceptions()

    def __getattr__(self, operation):
        def call(**given):
            name = f"{self.service}.{operation}"
            self.calls.append([name, given])
            listed = self.answers.get(name)
            if listed is None:
                raise AssertionError(f"the case has no answer to {name}")
            answer = listed.pop(0) if len(listed) > 1 else listed[0]
            if "error" in answer:
                raise getattr(self.exceptions, answer["error"])(answer["error"])
            return json.loads(json.dumps(answer))

        return call


def play(case):
    """One case."""
    calls, slept = [], []
    boto3, botocore, errors = (types.ModuleType(name) for name in ("boto3", "botocore", "botocore.exceptions"))
    boto3.client = lambda service, **_: Client(service, case["answers"] or {}, calls)
    errors.ClientError = ClientError
    sys.modules.update({"boto3": boto3, "botocore": botocore, "botocore.exceptions": errors})
    time.sleep = slept.append
    told = {"calls": calls, "result": None, "error": ""}
    try:
        scope = {"__name__": "script"}
        exec(compile(case["script"], case["name"], "exec"), scope)
        if not case.get("parse"):
            told["result"] = scope[case["handler"]](case["events"], {})
        elif scope[case["handler"]].__code__.co_varnames[:2] != ("events", "context"):
            told["error"] = "the handler does not take events and context"
    except Exception as wrong:
        told["error"] = f"{type(wrong).__name__}: {wrong}"
    return {**told, "slept": sum(slept)}


print(json.dumps([play(case) for case in json.load(sys.stdin)]))
