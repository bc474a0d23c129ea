"""The life of a URL, as one table that every frontier follows.

A request is offered, and waits. Its host's worker takes it, which leases it, and tells how it ended: done, failed or
skipped. Or it goes back to the queue: to be tried again later, because it was redirected to another place, or because
the run ended. A host that is given up fails whatever waits there. A failed request can be put back (`retry`).

The place that a redirect led to is kept beside the request, so that nobody asks for it a second time. If it was known
before by itself, the request is done: what lies there is, or will be, fetched under its own name.

A blob's URL is downloaded once. Further paths for it are copies, and so are downloads that were redirected to another
one's URL. A copy asks no host. It has a source, the download (or another copy) that brings its bytes: it waits while
that is under way, can be made when that is done, and ends as that has ended otherwise. A copy that can be made is
taken, and ends, as a request does.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum, auto

from asyncscrape.model import State


class Stage(IntEnum):
    """Where a URL stands. The numbers are stored."""

    PENDING = 0
    LEASED = 1
    DONE = 2
    FAILED = 3
    SKIPPED = 4
    ALIAS = 5
    """A place that a redirect led to."""
    WAITING = 6
    """A copy whose source has yet to come."""
    READY = 7
    """A copy that can be made."""


class Event(StrEnum):
    """What happens to a URL."""

    OFFERED = auto()
    """A page, or the job itself, names it for the first time."""
    LED_TO = auto()
    """A redirect leads to it for the first time."""
    TAKEN = auto()
    DONE = auto()
    FAILED = auto()
    SKIPPED = auto()
    PUT_OFF = auto()
    """It is to be tried again later."""
    REDIRECTED = auto()
    MERGED = auto()
    """It was redirected to what is known by itself."""
    RELEASED = auto()
    """The worker that had it has ended, or gave its host back."""
    GIVEN_UP = auto()
    """Its host is not asked any more."""
    REQUEUED = auto()
    """Somebody wants it tried once more."""
    SOURCE_OPEN = auto()
    """It is, or has become, a copy whose source is under way."""
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
    # A download that was redirected to another one's URL: from now on it is a copy.
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
    # A failed copy is put back together with its source, unless only the copy had failed.
    (Stage.FAILED, Event.SOURCE_OPEN): Stage.WAITING,
    (Stage.FAILED, Event.SOURCE_DONE): Stage.READY,
    (Stage.FAILED, Event.SOURCE_SKIPPED): Stage.SKIPPED,
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
"""How people are told of each stage. An alias is no request, so it is not counted."""

ENDING: Mapping[State, Event] = {
    State.DONE: Event.DONE,
    State.FAILED: Event.FAILED,
    State.SKIPPED: Event.SKIPPED,
}
"""How a request ends, by what its outcome says."""

AS_SOURCE: Mapping[Stage, Event] = {
    Stage.PENDING: Event.SOURCE_OPEN,
    Stage.LEASED: Event.SOURCE_OPEN,
    Stage.WAITING: Event.SOURCE_OPEN,
    Stage.READY: Event.SOURCE_OPEN,
    Stage.DONE: Event.SOURCE_DONE,
    Stage.FAILED: Event.SOURCE_FAILED,
    Stage.SKIPPED: Event.SOURCE_SKIPPED,
}
"""What a source at this stage means to its copies."""
