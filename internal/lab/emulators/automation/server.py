"""SSM Automation's API over HTTP, for the lab alone: it has authorised the caller and says so in its own headers.

Source: Systems Manager API reference.
"""

import json
import re
import threading
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .aws import Gate, Session
from .clock import Clock
from .document import Document
from .errors import Refused
from .execution import Execution
from .record import ENDED, execution_record, metadata

# Executions of an account and Region that may run at a time, and seconds between two starts.
CONCURRENT = 100
BETWEEN_STARTS = 1.0

_TOKEN = re.compile(r"[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}")


class Caller:
    """Who asks, as the lab found out."""

    def __init__(self, headers):
        self.account = headers.get("X-Lab-Account", "")
        self.region = headers.get("X-Lab-Region", "")
        self.principal = urllib.parse.unquote(headers.get("X-Lab-Principal", ""))


class Store:
    """All executions, by their ids, and what was started with which token."""

    def __init__(self, gate):
        self._gate, self._lock, self._all = gate, threading.Lock(), {}
        self.reset()

    def reset(self):
        """Forgets everything; what still runs ends at its next wait."""
        for run in self._all.values():
            run.stop(True)
        self.clock, self._all, self._tokens, self._starts, self._foreign = Clock(), {}, {}, {}, {}
        return {}

    def find(self, execution_id):
        return self._all[execution_id]

    def of(self, caller, execution_id):
        """An execution of the caller's account and Region."""
        found = self._all.get(execution_id)
        if found is None or (found.account, found.region) != (caller.account, caller.region):
            raise Refused("AutomationExecutionNotFoundException", f"there is no automation execution {execution_id}")
        return found

    def running(self, caller):
        return [one for one in self._all.values() if one.status not in ENDED
                and (one.account, one.region) == (caller.account, caller.region)]

    def publish(self, given):
        """Makes a document that belongs to somebody else: Amazon, or an account that shares it."""
        self._foreign[given["Name"]] = given
        return {}

    def document(self, caller, name, version):
        """The document to run, as SSM itself would read it."""
        short = name.rpartition("/")[2]
        foreign = self._foreign.get(name) or self._foreign.get(short)
        if foreign:
            return Document(name, foreign.get("DocumentVersion", "1"), foreign["Content"])
        found, number, content = self._gate.document(caller.account, caller.region, short, version)
        return Document(found, number, content)

    def described(self, given):
        """DescribeDocument and GetDocument of a document that belongs to somebody else; None: it is the account's own."""
        return self._foreign.get(given.get("Name", ""))

    def start(self, caller, given):
        """StartAutomationExecution: everything that can refuse it is asked before anything runs."""
        for name in given:
            if name not in ("DocumentName", "DocumentVersion", "Parameters", "ClientToken", "Mode", "Tags"):
                raise Refused("ValidationException", f"the lab starts no automation with {name}")
        if given.get("Mode", "Auto") != "Auto":
            raise Refused("ValidationException", "the lab has no interactive mode")
        token, parameters = given.get("ClientToken", ""), given.get("Parameters") or {}
        if token and not _TOKEN.fullmatch(token):
            raise Refused("ValidationException", "ClientToken is no UUID")
        with self._lock:
            known = self._tokens.get((caller.account, caller.region, token.lower()))
            same = [given.get("DocumentName"), given.get("DocumentVersion"), parameters]
            if token and known:
                if known[1] != same:
                    raise Refused("IdempotentParameterMismatch", "the token was used with other parameters")
                return known[0]
            self._throttle(caller)
            run = self._new(caller, given, parameters)
            self._all[run.execution_id] = run
            self._tokens[(caller.account, caller.region, token.lower())] = (run.execution_id, same)
        run.begin()
        return run.execution_id

    def _throttle(self, caller):
        place, now = (caller.account, caller.region), self.clock.now()
        if len(self.running(caller)) >= CONCURRENT:
            raise Refused("AutomationExecutionLimitExceededException", "too many automations run in this account")
        if now - self._starts.get(place, 0.0) < BETWEEN_STARTS:
            raise Refused("ThrottlingException", "Rate exceeded")
        self._starts[place] = now

    def _new(self, caller, given, parameters):
        document = self.document(caller, given.get("DocumentName", ""), given.get("DocumentVersion") or "$DEFAULT")
        values = document.resolve_parameters(parameters)
        execution_id = str(uuid.uuid4())
        role = _role(document, values)
        credentials = self._gate.assume(role, execution_id, caller.region)
        if credentials is None:
            raise Refused("InvalidAutomationExecutionParametersException",
                          "The defined assume role is unable to be assumed.")
        # A child is started by the session of its parent, which is named after it.
        parent = caller.principal.rpartition("/")[2]
        return Execution(
            self, document, parameters, values, Session(self._gate, credentials, caller.region), caller.account,
            caller.region, caller.principal, execution_id, parent if parent in self._all else "")


def role_of(document, values):
    """The role that a document runs as, after its parameters; empty where it names none."""
    text = document.assume_role
    found = re.fullmatch(r"\{\{\s*(\w+)\s*\}\}", text.strip())
    return str(values.get(found.group(1), "")) if found else text


def _role(document, values):
    role = role_of(document, values)
    if not role:
        # On AWS it would run as the caller, in the caller's session.
        raise Refused("InvalidAutomationExecutionParametersException",
                      "the document names no assumeRole: the lab does not run it as its caller")
    return role


class Handler(BaseHTTPRequestHandler):
    """One call. The lab is the only client."""

    store = None
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Says nothing."""

    def do_GET(self):
        self._answer(200, {})

    def do_POST(self):
        given = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2] or self.path
        try:
            self._answer(200, OPERATIONS[operation](self.store, Caller(self.headers), given))
        except Refused as no:
            self._answer(no.status, {"__type": no.code, "message": str(no)})

    def _answer(self, status, body):
        content = json.dumps(body, default=str).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _stop(store, caller, given):
    store.of(caller, given["AutomationExecutionId"]).stop(given.get("Type", "Cancel") == "Cancel")
    return {}


def _signal(store, caller, given):
    kind = given.get("SignalType")
    if kind not in ("Approve", "Reject"):
        raise Refused("InvalidAutomationSignalException", f"the lab has no signal {kind}")
    if not store.of(caller, given["AutomationExecutionId"]).signal(caller.principal, kind):
        raise Refused("InvalidAutomationSignalException",
                      f"no step waits for a decision of {caller.principal}")
    return {}


def _steps(store, caller, given):
    return {"StepExecutions": store.of(caller, given["AutomationExecutionId"]).records}


def _get(store, caller, given):
    return {"AutomationExecution": execution_record(store.of(caller, given["AutomationExecutionId"]))}


def _list(store, caller, given):
    wanted = {one["Key"]: one["Values"] for one in given.get("Filters") or []}
    fields = {"ExecutionId": "AutomationExecutionId", "DocumentNamePrefix": "DocumentName",
              "ExecutionStatus": "AutomationExecutionStatus"}
    found = []
    for one in reversed(list(store._all.values())):
        told = metadata(one)
        if (one.account, one.region) == (caller.account, caller.region) and all(
                any(told[fields[key]].startswith(value) for value in values) for key, values in wanted.items()):
            found.append(told)
    return {"AutomationExecutionMetadataList": found}


def _advance(store, _caller, given):
    store.clock.advance(float(given["Seconds"]))
    return {}


def _role_asked(store, caller, given):
    """For the lab's own question about iam:PassRole: the role that a start would pass on."""
    document = store.document(caller, given.get("DocumentName", ""), given.get("DocumentVersion") or "$DEFAULT")
    return {"Role": role_of(document, document.resolve_parameters(given.get("Parameters") or {}))}


def _described(store, _caller, given):
    return {"Document": store.described(given)}


OPERATIONS = {
    "StartAutomationExecution": lambda store, caller, given: {"AutomationExecutionId": store.start(caller, given)},
    "GetAutomationExecution": _get,
    "DescribeAutomationExecutions": _list,
    "DescribeAutomationStepExecutions": _steps,
    "StopAutomationExecution": _stop,
    "SendAutomationSignal": _signal,
    "/advance": _advance,
    "/role": _role_asked,
    "/documents": lambda store, _caller, given: store.publish(given),
    "/document": _described,
    "/reset": lambda store, _caller, _given: store.reset(),
}


def serve(descriptor, endpoint, ministack, token):
    """Serves on a socket that listens already."""
    import socket

    Handler.store = Store(Gate(endpoint, ministack, token))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=descriptor)
    server.daemon_threads = True
    server.serve_forever()
