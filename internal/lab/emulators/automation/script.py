"""aws:executeScript: the handler runs in a process of its own, with the role's credentials and nothing else.

Source: Systems Manager user guide, "aws:executeScript": the handler gets (events, context), what it returns is
the Payload, and it has ten minutes.
"""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading

from .errors import StepFailed, StepTimedOut

# Longest time AWS gives a script, in seconds.
LIMIT = 600


class Forge:
    """The process that scripts are forked from. It ends with this one, whose end of its input it holds."""

    def __init__(self):
        self._lock, self._process, self._folder, self._path = threading.Lock(), None, None, ""

    def connect(self):
        """A connection to a new child, which waits for its job."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._start()
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(self._path)
            return connection

    def _start(self):
        self._folder = tempfile.TemporaryDirectory(prefix="salve-forge-")
        self._path = os.path.join(self._folder.name, "s")
        self._process = subprocess.Popen(
            [sys.executable, "-B", str(pathlib.Path(__file__).with_name("forge.py")), self._path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"})
        if self._process.stdout.readline() != b"ready\n":
            raise StepFailed("the lab cannot run scripts: its Python has no boto3")


_FORGE = Forge()


def run(script, handler, events, environment, seconds):
    """Returns what the handler returned. Its output is the step's log and goes nowhere."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "script.py").write_text(script, encoding="utf-8")
        (folder / "events.json").write_text(json.dumps(events, default=str), encoding="utf-8")
        job = {"folder": name, "handler": handler, "environment": environment}
        if _carry_out(job, min(seconds, LIMIT)) != 0:
            log = folder / "log"
            last = (log.read_text(encoding="utf-8", errors="replace") if log.exists() else "").strip().splitlines()
            raise StepFailed(
                f"Step fails when it is Poll action status: the script ended with {(last or ['no word'])[-1]}")
        return json.loads((folder / "answer.json").read_text(encoding="utf-8"))


def _carry_out(job, seconds):
    """The exit code of a job, or 1 where its process died without one."""
    pid = 0
    with _FORGE.connect() as connection, connection.makefile("rw", encoding="utf-8") as lines:
        lines.write(json.dumps(job) + "\n")
        lines.flush()
        connection.settimeout(seconds)
        try:
            pid = int(lines.readline() or 0)
            return int(lines.readline() or 1)
        except TimeoutError as late:
            if pid:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
            raise StepTimedOut(f"the script took more than {seconds} seconds") from late
