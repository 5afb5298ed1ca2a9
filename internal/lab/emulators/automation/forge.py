"""The process that scripts are forked from: it has boto3 loaded, which takes longer than most scripts run.

Started as a program, it listens on the socket that its first argument names until its standard input ends. For each
connection it reads a job (JSON, a line) and forks a child, which answers with its process id and, at the end, its exit
code, a line each. A child that dies without a code has failed. What boto3 knows of the services that a script names is
loaded before the fork, once for all scripts to come: that takes longer than most of them, too.
"""

import importlib
import json
import os
import re
import select
import signal
import socket
import sys
import traceback

import boto3


def script(job):
    """Runs the handler as a process of its own would; its output goes to the file log."""
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["environment"])
    log, nothing = os.open("log", os.O_CREAT | os.O_WRONLY), os.open(os.devnull, os.O_RDONLY)
    for to, of in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(to, of)
    sys.path.insert(0, job["folder"])
    sys.argv = ["script"]
    try:
        with open("events.json", encoding="utf-8") as events:
            answer = getattr(importlib.import_module("script"), job["handler"])(json.load(events), {})
        with open("answer.json", "w", encoding="utf-8") as out:
            json.dump(answer, out)
        return 0
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 1
    except BaseException:  # what a script raises is its failure, whatever it is
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def load(job, known):
    """Loads services into the session that scripts have by default. It has neither credentials nor a Region: those a
    script finds in its own environment."""
    with open(os.path.join(job["folder"], "script.py"), encoding="utf-8") as text:
        named = set(re.findall(r"""boto3\.client\(["']([a-z0-9-]+)["']""", text.read()))
    for service in sorted((named & set(boto3.session.Session().get_available_services())) - known):
        boto3.client(service, "us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
        known.add(service)


def child(lines, job):
    os.setsid()  # so that who stops it stops what it has started, too
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # a script may wait for what it starts
    lines.write(f"{os.getpid()}\n")
    lines.flush()
    lines.write(f"{script(job)}\n")
    lines.flush()


def serve(path):
    known = set()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for children
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in ready:
                return  # the server is gone
            connection, _ = listener.accept()
            with connection, connection.makefile("rw", encoding="utf-8") as lines:
                said = lines.readline()
                if not said:
                    continue  # who asked is gone
                job = json.loads(said)
                load(job, known)
                if os.fork() == 0:
                    listener.close()
                    try:
                        child(lines, job)
                    finally:
                        os._exit(0)


if __name__ == "__main__":
    serve(sys.argv[1])
