"""What to do next about a job that is not simply finished, with the command to type."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from asyncscrape.facts import Changes
from asyncscrape.model import BLOBS
from asyncscrape.quality.shown_values import counted
from asyncscrape.stats import RunState, ShownState, Snapshot
from asyncscrape.views.figures import count

NOT_AS_EXPECTED = "the tables are not as expected"
NO_CHANGES = Changes()
WAITING = (ShownState.PENDING, ShownState.ACTIVE)


def noted(snapshot: Snapshot, arguments: str, *, missed: bool = False, command: str = "run") -> Snapshot:
    """The snapshot with a note about tables that are held back or, if any is `missed`, not as expected, or about URLs
    that wait for a `command`."""
    note = held(snapshot) or (NOT_AS_EXPECTED if missed else waiting(snapshot, arguments, command))
    return msgspec.structs.replace(snapshot, note=note) if note else snapshot


def held(snapshot: Snapshot) -> str:
    """What became of a generation that is held back; empty if none is."""
    return "the tables of the generation before stay: these are not as expected" if snapshot.held else ""


def mending(snapshot: Snapshot, arguments: str, *, by_rules: bool, command: str = "run") -> list[str]:
    """What to do about tables that are not as expected; to take them nevertheless comes last.

    Only page rules can be mended; a built-in job has none. `command` is the one that made the tables.
    """
    anew = f"asyncscrape {command} {arguments}" + (" --again" if command == "run" else "")
    steps = [f"To mend it: look at what is named above, change the config, then:  {anew}"] if by_rules else []
    if snapshot.held:
        taken = "; ".join(_taken(snapshot))
        steps.append(f"To take the tables as they are ({taken}):  asyncscrape {command} {arguments} --accept")
    return steps


def _taken(snapshot: Snapshot) -> Iterator[str]:
    """What each table would hold, and what it would lose."""
    for name, table in snapshot.coverage.items():
        if name != BLOBS.name:
            changes = snapshot.changes.get(name, NO_CHANGES)
            yield f"{name} {counted(table.rows, 'row')}" + (f", {count(changes.gone)} gone" if changes.gone else "")


def waiting(snapshot: Snapshot, arguments: str, command: str) -> str:
    """How to go on with a job that was stopped, or whose failed URLs are queued again; empty for any other."""
    number = sum(kind[state] for kind in (snapshot.pages, snapshot.files) for state in WAITING)
    if snapshot.state is not RunState.STOPPED or not number:
        return ""
    return f"{count(number)} {'URL waits' if number == 1 else 'URLs wait'}; asyncscrape {command} {arguments} goes on"
