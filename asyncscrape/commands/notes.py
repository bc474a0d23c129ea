"""What to do next about a job that is not simply finished, with the command to type."""

from __future__ import annotations

import msgspec

from asyncscrape.stats import RunState, ShownState, Snapshot
from asyncscrape.views.figures import count

WAITING = (ShownState.PENDING, ShownState.ACTIVE)


def noted(snapshot: Snapshot, arguments: str) -> Snapshot:
    """The snapshot with a note about tables that are held back, or about URLs that wait for a run."""
    note = held(snapshot, arguments) or waiting(snapshot, arguments)
    return msgspec.structs.replace(snapshot, note=note) if note else snapshot


def held(snapshot: Snapshot, arguments: str) -> str:
    """How to take a generation that is held back; empty if none is."""
    if not snapshot.held:
        return ""
    return f"the tables of the generation before stay; take these with: asyncscrape run {arguments} --accept"


def waiting(snapshot: Snapshot, arguments: str) -> str:
    """How to go on with a job that was stopped, or whose failed URLs are queued again; empty for any other."""
    number = sum(kind[state] for kind in (snapshot.pages, snapshot.files) for state in WAITING)
    if snapshot.state is not RunState.STOPPED or not number:
        return ""
    return f"{count(number)} {'URL waits' if number == 1 else 'URLs wait'}; asyncscrape run {arguments} goes on"
