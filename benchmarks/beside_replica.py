"""A job of ours on the replica beside a bare loop that asks for the same: how both are run, and what was asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from beside import pinned
from crawl import BENCH, LOUD, WrongResultError, cores, machine

from asyncscrape.replica.process import ReplicaProcess

HERE = Path(__file__).resolve().parent


class Answer(NamedTuple):
    """An answer that the replica has given."""

    host: str
    target: str
    status: int


class Loaded(NamedTuple):
    """One run of the bare loop."""

    answers: int
    bytes: int
    seconds: float
    cpu: float


class Crawled(NamedTuple):
    """One crawl of ours, without the start of Python and without the report."""

    seconds: float
    cpu: float
    requests: int
    records: Mapping[str, int]


@contextmanager
def replica_apart() -> Iterator[tuple[int, Path]]:
    """The port of a replica on a core of its own, and a folder; this process stays on the other core."""
    for_replica, for_crawlers = cores()
    if (noise := os.getloadavg()[0]) > LOUD:
        print(f"The machine is not quiet (load {noise:.1f}): take these figures with care.")
    print(machine())
    BENCH.mkdir(exist_ok=True)
    replica = ReplicaProcess()
    with TemporaryDirectory(dir=BENCH) as folder:
        try:
            with pinned(for_replica):
                port = replica.start()
            os.sched_setaffinity(0, {for_crawlers})
            yield port, Path(folder)
        finally:
            replica.stop()


def crawl_only(folder: Path, arguments: Sequence[str]) -> Crawled:
    """Run the program with these arguments, up to the end of its crawl."""
    told = folder.with_suffix(".told")
    command = [sys.executable, str(HERE / "crawl_only.py"), str(told), "run", *arguments, "--data", str(folder)]
    said = subprocess.run([*command, "--quiet"], capture_output=True, text=True, check=False)
    if said.returncode:
        raise WrongResultError(f"exit code {said.returncode}:\n{said.stdout}{said.stderr}")
    figures = json.loads(told.read_bytes())
    return Crawled(figures["took"], figures["cpu"], figures["requests"], figures["records"])


def load(port: int, concurrency: int, targets: Path) -> Loaded:
    """The bare loop."""
    command = [sys.executable, str(HERE / "bare_json.py"), f"http://127.0.0.1:{port}", str(concurrency), str(targets)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode:
        raise WrongResultError(said.stderr)
    answers, size, seconds, cpu = said.stdout.split()
    return Loaded(int(answers), int(size), float(seconds), float(cpu))


def write_targets(file: Path, answers: Sequence[Answer], headers: Mapping[str, Mapping[str, str]]) -> None:
    """What the bare loop has to ask for, and what it shows."""
    told = {"targets": [(answer.host, answer.target) for answer in answers], "headers": headers}
    file.write_text(json.dumps(told), encoding="utf-8")


def asked(port: int) -> list[Answer]:
    """What the replica was asked since its counts were last reset; after that they are reset."""
    log: list[dict[str, Any]] = control(port, "GET", "/requests")["requests"]
    control(port, "POST", "/reset")
    return [Answer(entry["host"], entry["target"], entry["status"]) for entry in log]


def same(expected: Sequence[Answer], found: Sequence[Answer], who: str) -> None:
    """Everybody asks for the same, each once, and is answered alike."""
    wanted, had = Counter(expected), Counter(found)
    if different := (wanted - had) + (had - wanted):
        some = "\n".join(f"{answer.status} {answer.host}{answer.target}" for answer in list(different)[:5])
        raise WrongResultError(f"{who} had {len(found)} answers, not the same {len(expected)}:\n{some}")


def control(port: int, method: str, path: str, told: Mapping[str, Any] | None = None) -> Any:
    """Ask the replica's control desk."""
    return sent(port, "control.replica.test", method, path, json.dumps(told) if told else None)


def sent(
    port: int, host: str, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
) -> Any:
    """The JSON that a host of the replica answers."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request(method, path, body, {"Host": host, **(headers or {})})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer
