"""The life of a URL, as one table for every frontier.

A request is offered, and waits. The worker that has its host takes it, which leases it, and reports how it ended:
done, failed or skipped. Or the request goes back to the queue: because it should be tried again later, because it was
redirected, or because the run ended. When a host is given up, all requests that wait there fail. A failed request can
be put back (`retry`), and so is one that was passed over while kept answers were read again.

The target of a redirect is kept along with the request, so that nobody asks for it a second time. If the target was
known already, the request is done: the target is fetched under its own name.

A blob's URL is downloaded once. Further paths for it are copies, and so are downloads that were redirected to the URL
of another. A copy sends no request. It has a source, the download (or another copy) that brings its bytes. It waits
while its source is under way, is ready when its source is done, and fails or is skipped along with it. A ready copy
is taken, and ends, just as a request does.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum, auto

from asyncscrape.model import State


class Stage(IntEnum):
    """The stage of a URL. The numbers are stored."""

    PENDING = 0
    LEASED = 1
    DONE = 2
    FAILED = 3
    SKIPPED = 4
    ALIAS = 5
    """The target of a redirect."""
    WAITING = 6
    """A copy whose source is still under way."""
    READY = 7
    """A copy that is ready to make."""


class Event(StrEnum):
    """An event in the life of a URL."""

    OFFERED = auto()
    """A page, or the job itself, offers it for the first time."""
    LED_TO = auto()
    """A redirect leads to it for the first time."""
    TAKEN = auto()
    DONE = auto()
    FAILED = auto()
    SKIPPED = auto()
    PUT_OFF = auto()
    """It will be tried again later."""
    REDIRECTED = auto()
    MERGED = auto()
    """It was redirected to a URL that is already known."""
    RELEASED = auto()
    """Its worker has ended, or has given its host back."""
    GIVEN_UP = auto()
    """Its host was given up."""
    REQUEUED = auto()
    """The user wants it tried again."""
    SOURCE_OPEN = auto()
    """It is, or becomes, a copy whose source is under way."""
    SOURCE_DONE = auto()
    SOURCE_FAILED = auto()
    SOURCE_SKIPPED = auto()


Life = Mapping[tuple[Stage | None, Event], Stage]

REQUESTS: Life = {
    (None, Event.OFFERED): Stage.PENDING,
    (None, Event.LED_TO): Stage.ALIAS,
    (Stage.PENDING, Event.TAKEN): Stage.LEASED,
    (Stage.LEASED, Event.DONE): Stage.DONE,
    (Stage.LEASED, Event.FAILED): Stage.FAILED,
    (Stage.LEASED, Event.SKIPPED): Stage.SKIPPED,
    (Stage.LEASED, Event.PUT_OFF): Stage.PENDING,
    (Stage.LEASED, Event.REDIRECTED): Stage.PENDING,
    (Stage.LEASED, Event.MERGED): Stage.DONE,
    (Stage.LEASED, Event.RELEASED): Stage.PENDING,
    (Stage.PENDING, Event.GIVEN_UP): Stage.FAILED,
    (Stage.FAILED, Event.REQUEUED): Stage.PENDING,
    (Stage.SKIPPED, Event.REQUEUED): Stage.PENDING,
    # A download that was redirected to the URL of another becomes a copy.
    (Stage.LEASED, Event.SOURCE_OPEN): Stage.WAITING,
    (Stage.LEASED, Event.SOURCE_DONE): Stage.READY,
    (Stage.LEASED, Event.SOURCE_FAILED): Stage.FAILED,
    (Stage.LEASED, Event.SOURCE_SKIPPED): Stage.SKIPPED,
}

COPIES: Life = {
    (None, Event.SOURCE_OPEN): Stage.WAITING,
    (None, Event.SOURCE_DONE): Stage.READY,
    (None, Event.SOURCE_FAILED): Stage.FAILED,
    (None, Event.SOURCE_SKIPPED): Stage.SKIPPED,
    (Stage.WAITING, Event.SOURCE_DONE): Stage.READY,
    (Stage.WAITING, Event.SOURCE_FAILED): Stage.FAILED,
    (Stage.WAITING, Event.SOURCE_SKIPPED): Stage.SKIPPED,
    (Stage.READY, Event.TAKEN): Stage.LEASED,
    (Stage.LEASED, Event.DONE): Stage.DONE,
    (Stage.LEASED, Event.FAILED): Stage.FAILED,
    (Stage.LEASED, Event.SKIPPED): Stage.SKIPPED,
    (Stage.LEASED, Event.PUT_OFF): Stage.READY,
    (Stage.LEASED, Event.RELEASED): Stage.READY,
    # A failed copy goes back together with its source, unless only the copy had failed.
    (Stage.FAILED, Event.SOURCE_OPEN): Stage.WAITING,
    (Stage.FAILED, Event.SOURCE_DONE): Stage.READY,
    (Stage.FAILED, Event.SOURCE_SKIPPED): Stage.SKIPPED,
    (Stage.SKIPPED, Event.SOURCE_OPEN): Stage.WAITING,
}

COUNTED: Mapping[Stage, State] = {
    Stage.PENDING: State.PENDING,
    Stage.LEASED: State.LEASED,
    Stage.DONE: State.DONE,
    Stage.FAILED: State.FAILED,
    Stage.SKIPPED: State.SKIPPED,
    Stage.WAITING: State.PENDING,
    Stage.READY: State.PENDING,
}
"""The state that people see for each stage. An alias is not a request, so it is not counted."""

ENDING: Mapping[State, Event] = {
    State.DONE: Event.DONE,
    State.FAILED: Event.FAILED,
    State.SKIPPED: Event.SKIPPED,
}
"""The event that ends a request, by the state in its outcome."""

AS_SOURCE: Mapping[Stage, Event] = {
    Stage.PENDING: Event.SOURCE_OPEN,
    Stage.LEASED: Event.SOURCE_OPEN,
    Stage.WAITING: Event.SOURCE_OPEN,
    Stage.READY: Event.SOURCE_OPEN,
    Stage.DONE: Event.SOURCE_DONE,
    Stage.FAILED: Event.SOURCE_FAILED,
    Stage.SKIPPED: Event.SOURCE_SKIPPED,
}
"""The event for a copy, by the stage of its source."""
