"""aws:executeScript: the handler runs in a process of its own, with the role's credentials and nothing else.

Source: Systems Manager user guide, "aws:executeScript": the handler gets (events, context), what it returns is
the Payload, and it has ten minutes.
"""

import json
import subprocess
import sys
import tempfile

from .errors import StepFailed, StepTimedOut

# Longest time AWS gives a script, in seconds.
LIMIT = 600

_RUNNER = """
import json, sys
sys.path.insert(0, sys.argv[1])
import importlib
answer = getattr(importlib.import_module("script"), sys.argv[2])(json.load(sys.stdin), {})
with open(sys.argv[3], "w") as out:
    json.dump(answer, out)
"""


def run(script, handler, events, environment, seconds):
    """Returns what the handler returned. Its output is the step's log and goes nowhere."""
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/script.py", "w", encoding="utf-8") as source:
            source.write(script)
        out = f"{folder}/answer.json"
        try:
            done = subprocess.run(
                [sys.executable, "-B", "-c", _RUNNER, folder, handler, out], input=json.dumps(events, default=str),
                env=environment, cwd=folder, capture_output=True, text=True, timeout=min(seconds, LIMIT), check=False)
        except subprocess.TimeoutExpired as late:
            raise StepTimedOut(f"the script took more than {min(seconds, LIMIT)} seconds") from late
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no word"])[-1]
            raise StepFailed(f"Step fails when it is Poll action status: the script ended with {last}")
        with open(out, encoding="utf-8") as answer:
            return json.load(answer)
