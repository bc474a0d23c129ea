"""Many audio files on all cores, each in a process that a hostile file cannot take along.

A process measures file after file. One that ends under a file, or is silent for too long, is replaced, and that costs
this file and no other.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import NoReturn, Self

import msgspec

from asyncscrape.analysis.audio.measured import AudioProblem, Measured, decode_measured
from asyncscrape.parsing.overruns import IDLE_FACTOR, how_it_ended
from asyncscrape.units import in_words

SECONDS = 20.0
"""Processor time for a file: twenty times what ten minutes of music take."""
AHEAD = 4
"""Files for each process that are measured before the caller has taken the ones before."""
RECEIVED_AT_ONCE = 65_536
BEGIN = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from asyncscrape.analysis.audio.measuring_program import main; main(int(sys.argv[2]), float(sys.argv[3]))"
)
"""A process finds its modules where its parent does, and nowhere else."""
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""There is a process for each core already."""


class MeasuringEnded(Exception):
    """A process has ended under a file, or had to be ended; why."""

    def __init__(self, why: str, *, passing: bool = False) -> None:
        """`passing` if the machine is the cause, and not the file."""
        super().__init__(why)
        self.passing = passing


class MeasuringCrashed(MeasuringEnded):
    """It has ended by itself."""


class MeasuringProcess:
    """A process that measures files."""

    def __init__(self, seconds: float) -> None:
        """Start it. Raises OSError."""
        self._seconds = seconds
        command = [sys.executable, "-P", "-c", BEGIN, json.dumps(sys.path), str(os.getpid()), str(seconds)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=os.environ | ONE_THREAD,
            process_group=0,  # so that Ctrl-C is for the parent alone
        )

    def measure(self, path: Path) -> Measured:
        """The features of a file, or why there are none. Raises MeasuringEnded."""
        assert self._process.stdin
        with suppress(OSError):  # it has ended, which the answer tells
            self._process.stdin.write(os.fsencode(path).hex().encode() + b"\n")
        answer = self._answer()
        try:
            found: Measured = decode_measured(answer)
        except msgspec.DecodeError as error:
            raise MeasuringEnded(f"what was measured makes no sense: {error}") from None
        return found

    def _answer(self) -> bytes:
        assert self._process.stdout
        received = b""
        while not received.endswith(b"\n"):
            if not select.select([self._process.stdout], [], [], IDLE_FACTOR * self._seconds)[0]:
                raise MeasuringEnded(f"it takes longer than {in_words(IDLE_FACTOR * self._seconds)}", passing=True)
            piece = os.read(self._process.stdout.fileno(), RECEIVED_AT_ONCE)
            if not piece:
                self._tell_end(self._process.wait())
            received += piece
        return received

    def _tell_end(self, code: int) -> NoReturn:
        if code == -signal.SIGXCPU:
            raise MeasuringEnded(f"it takes more than {in_words(self._seconds)} of processor time")
        if code == -signal.SIGKILL:
            raise MeasuringCrashed("its process was killed, perhaps for want of memory", passing=True)
        raise MeasuringCrashed(f"its decoder crashed ({how_it_ended(code)})")

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def kill(self) -> None:
        """End it at once; whoever waits for an answer is told."""
        self._process.kill()

    def close(self) -> None:
        """End it, and forget it."""
        with self._process:
            self.kill()


class Workers:
    """Processes that measure files, started when they are needed."""

    def __init__(self, count: int, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self.ahead = AHEAD * count
        """The most files to submit before the first of them is taken."""
        self._threads = ThreadPoolExecutor(count, "audio")
        self._lock = Lock()
        self.idle: list[MeasuringProcess] = []
        self._busy: set[MeasuringProcess] = set()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, path: Path) -> Future[Measured]:
        """Measure a file as soon as a process is free."""
        return self._threads.submit(self.measure, path)

    def measure(self, path: Path) -> Measured:
        """Measure a file. One whose process crashes is tried once more, since an earlier file may be the cause."""
        try:
            try:
                return self._try(path)
            except MeasuringCrashed:
                return self._try(path)
        except MeasuringEnded as why:
            return AudioProblem(str(why), why.passing)

    def close(self) -> None:
        """End all processes; what they are at is dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._closed = True
            for process in [*self._busy, *self.idle]:
                process.kill()
        self._threads.shutdown()
        for process in self.idle:
            process.close()

    def _try(self, path: Path) -> Measured:
        process = self._taken()
        try:
            found = process.measure(path)
        except BaseException:
            self._drop(process)
            raise
        with self._lock:
            self._busy.remove(process)
            self.idle.append(process)
        return found

    def _taken(self) -> MeasuringProcess:
        """A process for one file. Raises MeasuringEnded."""
        with self._lock:
            if self._closed:
                raise MeasuringEnded("it was interrupted", passing=True)
            try:
                process = self.idle.pop() if self.idle else MeasuringProcess(self._seconds)
            except OSError as error:
                raise MeasuringEnded(f"the system starts no process for it: {error}", passing=True) from None
            self._busy.add(process)
            return process

    def _drop(self, process: MeasuringProcess) -> None:
        with self._lock:
            self._busy.remove(process)
        process.close()


def measure_all(paths: Iterable[Path], workers: Workers) -> Generator[tuple[Path, Measured]]:
    """Each file with its features, or why there are none, in the order of the paths."""
    waiting: deque[tuple[Path, Future[Measured]]] = deque()
    for path in paths:
        waiting.append((path, workers.submit(path)))
        if len(waiting) > workers.ahead:
            first, found = waiting.popleft()
            yield first, found.result()
    for path, found in waiting:
        yield path, found.result()
