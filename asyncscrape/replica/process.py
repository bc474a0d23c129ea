"""The replica in its own process, for runs and tests that need it only for a while."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from types import TracebackType


class ReplicaProcess:
    """Start the replica on a free port of 127.0.0.1, and stop it at the end of the `with` block.

    Its standard input is a pipe that only this process holds, so the replica also ends if this process is killed. It
    has its own session: Ctrl-C is meant for the crawl, which still needs answers while it drains.
    """

    def __init__(self, today: date | None = None, crowd: Mapping[str, object] | None = None) -> None:
        """`today` fixes the date for sites that have a calendar; `crowd` names parameters of the crowd."""
        self._arguments = [] if today is None else ["--today", today.isoformat()]
        self._arguments += [f"--crowd={name}={value}" for name, value in (crowd or {}).items()]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> int:
        """Start it, wait until it listens (well under a second), and return its port."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "asyncscrape.replica.serve", "--port", "0", "--while-stdin", *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        assert self._process.stdout is not None
        port = self._process.stdout.readline()
        if not port:
            self.stop()
            raise RuntimeError("the replica did not start; its own message is above")
        return int(port)

    def stop(self) -> None:
        """End it; a second call is allowed."""
        if self._process is None:
            return
        process, self._process = self._process, None
        with process:
            process.terminate()

    def __enter__(self) -> int:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()
