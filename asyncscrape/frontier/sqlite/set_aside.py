"""A state file whose job has moved into a database: it stays under another name, and no run begins anew in its place.

The other name is given in one step, once the database has everything.
"""

from __future__ import annotations

from pathlib import Path

from asyncscrape.disk import put
from asyncscrape.errors import UsageError

MOVED = ".moved"
"""Behind the name of the file."""
BESIDE = ("-wal", "-shm")
"""Behind the names of the files that SQLite keeps beside it while somebody has it open."""


def moved_name(path: Path) -> Path:
    """The name of a state file after its job has moved."""
    return path.with_name(path.name + MOVED)


def set_aside(path: Path) -> None:
    """Give a state file its other name. Whoever looks at it right now goes on looking."""
    aside = moved_name(path)
    put(path, aside)
    for suffix in BESIDE:
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            put(beside, aside.with_name(aside.name + suffix))


def refuse_moved(path: Path) -> None:
    """Refuse to use a folder whose job has moved, as if it had never run."""
    aside = moved_name(path)
    if aside.exists() and not path.exists():
        raise UsageError(
            f"the state of this job was moved from {path} into a Postgres database; name that database in the config "
            f'([frontier] url = "…") to go on with the job, or start again here with `run --fresh`. {aside} is the '
            "state as it was then"
        )
