"""One execution of a runbook: its steps in their order, from the first to the status it ends with.

Source: Systems Manager user guide, "Properties shared by all actions" and "Understanding automation statuses".
"""

import threading

from . import actions
from .errors import Rejected, StepFailed, StepTimedOut, Stopped
from .record import ENDED, begin, fail, put_out, step_record
from .values import Scope, resolve, select, typed, wire


class Execution:
    """Runs in a thread of its own. Readers see whole steps: a record changes by one update at a time."""

    def __init__(self, store, document, given, parameters, session, account, region, caller, execution_id, parent=""):
        self.document, self.given, self.session, self.caller = document, given, session, caller
        self.account, self.region, self.execution_id, self.parent = account, region, execution_id, parent
        self._store, self._clock = store, store.clock
        self.status, self.failure, self.outputs = "Pending", "", {}
        self.started, self.ended = self.now(), None
        self._scope = Scope(parameters, account, region, execution_id, self.started)
        self.records = [step_record(number, step, self._timeout(step)) for number, step in enumerate(document.steps)]
        self._deadline, self._stopping, self._finish, self._signals = 0.0, False, False, {}
        self._thread = threading.Thread(target=self._run, daemon=True, name=execution_id)

    @staticmethod
    def _timeout(step):
        return int(step.get("timeoutSeconds", actions.TABLE[step["action"]][1]))

    def begin(self):
        self._thread.start()

    # --- What actions need ---

    def now(self):
        return self._clock.now()

    def left(self):
        """Seconds until the step times out."""
        return max(1.0, self._deadline - self.now())

    def pause(self, seconds):
        """Waits between two looks; the step may time out or be stopped meanwhile."""
        self.sleep_until(self.now() + seconds)

    def sleep_until(self, when):
        self._clock.wait_until(min(when, self._deadline), lambda: self._stopping)
        self._check(when)

    def wait_for_signal(self):
        """Waits for the next decision of an approver."""
        seen = len(self._signals)
        self._mark("Waiting")
        self._clock.wait_until(self._deadline, lambda: self._stopping or len(self._signals) > seen)
        self._mark("InProgress")
        self._check(self.now())

    def decisions(self):
        return dict(self._signals)

    def follow(self, child):
        """Waits for another execution: its status, output and failure."""
        other = self._store.find(child)
        self._clock.wait_until(self._deadline, lambda: self._stopping or other.status in ENDED)
        self._check(self.now())
        return other.status, [text for texts in other.outputs.values() for text in texts], other.failure

    def _check(self, when):
        if self._stopping:
            raise Stopped
        if when > self._deadline or self.now() >= self._deadline:
            raise StepTimedOut("the step did not end within its timeout")

    def _mark(self, status):
        self.status = status
        for record in self.records:
            if record["StepStatus"] in ("InProgress", "Waiting"):
                record["StepStatus"] = status

    # --- What callers do ---

    def stop(self, at_once):
        """Cancels the execution, at once or when the step that runs has ended."""
        self._finish = True
        if at_once:
            self._stopping, self.status = True, "Cancelling"
        self._clock.wake()

    def signal(self, who, decision):
        """Takes an approver's decision; answers whether a step waits for this person's."""
        for step, record in zip(self.document.steps, self.records, strict=True):
            if record["StepStatus"] == "Waiting":
                allowed = resolve(step["inputs"].get("Approvers", []), self._scope)
                if who not in allowed:
                    return False
                self._signals = {**self._signals, who: decision}
                self._clock.wake()
                return True
        return False

    # --- The run ---

    def _run(self):
        self.status = "InProgress"
        try:
            status = self._steps()
        except Exception as wrong:  # a defect of the lab's, which nobody must wait for
            self.failure, status = f"the lab's executor broke: {wrong!r}", "Failed"
        if status == "Success":
            status = self._put_out()
        self.ended = self.now()
        self.status = status
        self._clock.wake()

    def _steps(self):
        """Carries out steps until one is the last; answers the status of the whole."""
        index, whole = 0, "Success"
        while index is not None:
            if self._finish and not self._stopping:
                return "Cancelled"
            step, record = self.document.steps[index], self.records[index]
            self._signals = {}
            status, chosen = self._attempts(step, record)
            record["ExecutionEndTime"] = self.now()
            if status in ("Cancelled", "Rejected"):
                return self._cancelled(step, status)
            if status != "Success":
                if record["OnFailure"] == "Abort" or record["IsCritical"]:
                    whole = status
                    self.failure = self.failure or f"Step {step['name']} failed: {record['FailureMessage']}"
                if record["OnFailure"] == "Abort":
                    return whole
            index = self._next(index, step, status, chosen)
        return whole

    def _cancelled(self, step, status):
        """A stopped execution goes to the step that cleans up, where the one it stopped in names one."""
        target = str(step.get("onCancel") or "")
        if status == "Rejected":
            self.failure = f"Step {step['name']} was rejected"
        elif target.startswith("step:"):
            self._stopping = self._finish = False
            index = self.document.start_index(target[len("step:"):])
            while index is not None:
                step, record = self.document.steps[index], self.records[index]
                ended, chosen = self._attempts(step, record)
                record["ExecutionEndTime"] = self.now()
                index = self._next(index, step, ended, chosen) if ended == "Success" else None
        return status

    def _next(self, index, step, status, chosen):
        """The position of the step after this one; None where it was the last."""
        if status != "Success" and self.records[index]["OnFailure"].startswith("step:"):
            return self.document.start_index(self.records[index]["OnFailure"][len("step:"):])
        if step.get("isEnd"):
            return None
        if chosen or step.get("nextStep"):
            return self.document.start_index(chosen or step["nextStep"])
        return index + 1 if index + 1 < len(self.document.steps) else None

    def _attempts(self, step, record):
        """A step, as often as it may be tried: the status it ends with, and where a branch leads."""
        for _ in range(record["MaxAttempts"]):
            try:
                return "Success", self._attempt(step, record)
            except Stopped:
                record["StepStatus"] = "Cancelled"
                return "Cancelled", None
            except Rejected as no:
                fail(record, "Rejected", f"rejected by {no}", "Action")
                return "Rejected", None
            except StepTimedOut as late:
                fail(record, "TimedOut", str(late), late.kind)
            except StepFailed as wrong:
                fail(record, "Failed", str(wrong), wrong.kind)
        return record["StepStatus"], None

    def _attempt(self, step, record):
        self._deadline = self.now() + record["TimeoutSeconds"]
        inputs = resolve(step.get("inputs") or {}, self._scope)
        begin(record, inputs, self.now())
        answer = actions.TABLE[step["action"]][0](self, inputs)
        outputs = dict(answer) if step["action"] != "aws:executeAwsApi" else {}
        for declared in step.get("outputs") or []:
            name = declared["Name"]
            outputs[name] = typed(name, declared.get("Type", "String"), select(declared["Selector"], answer))
        self._scope.learn(step["name"], outputs)
        put_out(record, outputs)
        record["StepStatus"] = "Success"
        if step["action"] != "aws:branch":
            return None
        if not answer["NextStep"]:
            raise StepFailed("no choice holds and there is no default", "Verification")
        return answer["NextStep"]

    def _put_out(self):
        """Fills the outputs of the document; one that no step gave is left out."""
        for name in self.document.outputs:
            try:
                self.outputs[name] = wire(self._scope.find(name))
            except StepFailed:
                continue
        return "Success"
