"""Processes forked from one that has imported the program already: most of a short run would be its imports.

Such a process has its own arguments and environment, and can be killed like any other. How the program starts and
what it imports is tested with support/command.py, which starts it as users do.

    python tests/support/forked.py SOCKET

is the process they are forked from. It takes requests from the socket, and tells each test how its process ended.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from tempfile import TemporaryFile
from typing import NamedTuple

IMPORTED = (
    "asyncscrape.commands.run",
    "asyncscrape.cli",
    "asyncscrape.commands.report",
    "asyncscrape.commands.status",
    "asyncscrape.jobs.crypto.built_in",
    "asyncscrape.jobs.music.built_in",
    "asyncscrape.jobs.network.built_in",
    "asyncscrape.jobs.rules.job",
    "asyncscrape.storage.postgres.store",
    "aioboto3.s3.inject",
    "aiohttp.web",
    "uvloop",
)
LONGEST = 200_000
"""Bytes of a request."""


class Forked:
    """A process that runs a script, with the parts of `subprocess.Popen` that tests use."""

    def __init__(self, arguments: Sequence[str], environ: Mapping[str, str], folder: Path | None = None) -> None:
        self._out, self._err = TemporaryFile(), TemporaryFile()  # noqa: SIM115
        self._told, telling = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with telling:
            request = {"arguments": arguments, "environ": dict(environ), "folder": str(folder or Path.cwd())}
            socket.send_fds(
                _parent(), [json.dumps(request).encode()], [self._out.fileno(), self._err.fileno(), telling.fileno()]
            )
        self.pid = int(self._told.recv(100))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The code it ended with; None while it runs."""
        return self._wait(0)

    def first_line(self) -> str:
        """The first line that it prints, as soon as it is there."""
        while b"\n" not in (said := os.pread(self._out.fileno(), 1000, 0)):
            assert self._wait(0.002) is None, "it ended without a line"
        return said.decode().splitlines()[0]

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float = 300) -> tuple[str, str]:
        """Wait for its end; returns its output."""
        if self._wait(timeout) is None:
            self.kill()
            raise subprocess.TimeoutExpired("a forked process", timeout)
        said = []
        for file in (self._out, self._err):
            file.seek(0)
            said.append(file.read().decode())
        return said[0], said[1]

    def __enter__(self) -> Forked:
        return self

    def __exit__(self, *_: object) -> None:
        self.communicate()
        for file in (self._out, self._err, self._told):
            file.close()

    def _wait(self, seconds: float) -> int | None:
        if self.returncode is None:
            self._told.settimeout(seconds)
            try:
                self.returncode = int(self._told.recv(100))
            except (TimeoutError, BlockingIOError):
                return None
        return self.returncode


@cache
def _parent() -> socket.socket:
    """The connection to the process they are all forked from, which ends with this one."""
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, __file__, str(theirs.fileno())]
        process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    atexit.register(process.wait, 60)
    atexit.register(ours.close)
    return ours


# The process they are forked from


class Asked(NamedTuple):
    """The work of a new process."""

    arguments: list[str]
    environ: dict[str, str]
    folder: str
    out: int
    err: int


def serve(requests: socket.socket) -> Asked | None:
    """Fork for each request. In a new process this returns its request; in the old one it returns None at the end."""
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno())
    running: dict[int, int] = {}
    with DefaultSelector() as selector:
        for channel in (requests, woken):
            selector.register(channel, EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if woken in ready:
                woken.recv(1000)
                tell_ended(running)
            if requests in ready:
                message, handles, *_ = socket.recv_fds(requests, LONGEST, 3)
                if not message:
                    return None
                out, err, telling = handles
                if not (pid := os.fork()):
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    return Asked(**json.loads(message), out=out, err=err)
                os.write(telling, str(pid).encode())
                running[pid] = telling
                os.close(out)
                os.close(err)


def tell_ended(running: dict[int, int]) -> None:
    """Report all processes that have ended to the tests, with their exit codes."""
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        telling = running.pop(pid)
        os.write(telling, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(telling)


def main() -> None:
    for name in IMPORTED:
        import_module(name)
    sys.path.insert(0, str(Path(__file__).parents[1]))
    gc.freeze()  # new processes need not go through all that is imported, least of all at their end
    requests = socket.socket(fileno=int(sys.argv[1]))
    if asked := serve(requests):
        os.dup2(asked.out, 1)
        os.dup2(asked.err, 2)
        os.chdir(asked.folder)
        os.environ.clear()
        os.environ.update(asked.environ)
        sys.argv = asked.arguments
        runpy.run_path(asked.arguments[0], run_name="__main__")


if __name__ == "__main__":
    main()
