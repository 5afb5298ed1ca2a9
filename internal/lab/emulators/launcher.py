"""Starts one of the lab's emulators on a socket that the lab has bound.

Usage: launcher.py ministack|moto|automation FD. The descriptor is a listening socket, so neither emulator
ever chooses an address of its own, and no port can be lost between choosing and binding it.
Standard input is a pipe from the lab: when it closes, the lab is gone and this process leaves too,
with the lab's temporary folder, which LAB_FOLDER names where the lab made it.
"""

import asyncio
import logging
import os
import shutil
import signal
import socket
import sys
import threading

# How often a folder is removed that the other emulator may still be writing to.
REMOVALS = 10


def watch_parent():
    """Ends the whole process group (the functions' processes too) when the lab has gone without a word."""
    folder = os.environ.pop("LAB_FOLDER", "")

    def wait():
        while os.read(0, 1024):
            pass
        for _ in range(REMOVALS):
            if not os.path.isdir(folder):
                break
            shutil.rmtree(folder, ignore_errors=True)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True, name="lab-parent").start()


def answer_at_once(descriptor):
    """Connections inherit this: without it every answer with a body waits 40 ms for the client's acknowledgement."""
    with socket.socket(fileno=os.dup(descriptor)) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def serve_ministack(descriptor):
    """Serves ministack's application with the lab's additions around it."""
    # Not in the environment of the functions it starts: they must not be able to act as the lab.
    token = os.environ.pop("LAB_TOKEN")

    import ministack.app as emulator
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    import authorise
    import once
    import resources

    once.install_ministack()
    application = authorise.install(emulator)
    resources.install(os.environ["AWS_ENDPOINT_URL"], token)
    logging.getLogger("hypercorn.access").setLevel(logging.WARNING)
    config = Config()
    config.bind = [f"fd://{descriptor}"]
    config.keep_alive_timeout = 75
    config.loglevel = emulator.LOG_LEVEL
    asyncio.run(serve(application, config))


def serve_moto(descriptor):
    """Serves moto as its own server does, without a line of log per request."""
    from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    import once

    once.install_moto()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", int(os.environ["MOTO_PORT"]), application, threaded=True,
                         request_handler=MotoRequestHandler, fd=descriptor)
    server.serve_forever()


def serve_automation(descriptor):
    """Serves the lab's own stand-in for SSM Automation."""
    from automation import server

    # Not in the environment of the scripts it starts.
    server.serve(descriptor, os.environ.pop("LAB_ENDPOINT"), os.environ.pop("LAB_MINISTACK"),
                 os.environ.pop("LAB_TOKEN"))


def main():
    emulator, descriptor = sys.argv[1], int(sys.argv[2])
    watch_parent()
    answer_at_once(descriptor)
    {"ministack": serve_ministack, "moto": serve_moto, "automation": serve_automation}[emulator](descriptor)


if __name__ == "__main__":
    main()
