"""Who is to blame for a refusal, the credential or the page? Pure: `HttpWithAccess` acts on it.

A page that is closed to us is refused like one that was asked for with a credential that has ended. The sign that
tells them apart is another page that the host gives for the same credential.

1. Refused with one that has been replaced since: the request comes round again.
2. The status hardly means anything but the credential: it is mended, unless other pages are given meanwhile.
3. The first refusal of a page: the credential is mended, unless it is so new that it cannot have ended.
4. Mending did not help this page, or another of late: it waits a little, alone. If other pages are given meanwhile,
   it is closed and its refusal stands; if none is, the credential is mended.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

YOUNG = 5.0
"""Seconds for which a new credential that no page was given for is not to blame."""
IN_VAIN = 1800.0
"""The same after mending did not help, so that pages that are closed to us do not use up a quota."""


class Follows(Enum):
    """What follows from a refusal."""

    STANDS = auto()
    """The page is closed to us."""
    AGAIN = auto()
    """The request comes round again."""
    LATER = auto()
    """It comes round again after a while."""
    MEND = auto()
    """The credential is looked after first."""


class Refusal(NamedTuple):
    """What is known of a refusal."""

    current: bool = True
    """Whether the credential is still the one that is used."""
    sure: bool = False
    """Whether the status hardly means anything but the credential."""
    age: float = 0.0
    """Seconds since the credential was got."""
    accepted: bool = False
    """Whether the host has given any page for it."""
    mended: bool = False
    """Whether the request was refused with another credential before."""
    in_vain: bool = False
    """Whether mending has not helped of late."""
    waited: bool = False
    """Whether the request has waited for a sign."""
    sign: bool = False
    """Whether the host has given a page for it since it refused this one."""


def step(refusal: Refusal) -> Follows:
    """What follows from it."""
    if not refusal.current:
        return Follows.AGAIN
    if refusal.sure:
        return Follows.STANDS if refusal.sign else Follows.MEND
    if refusal.waited:
        return Follows.STANDS if refusal.sign else Follows.MEND
    if refusal.accepted:
        return Follows.LATER if refusal.mended or refusal.in_vain or refusal.age < YOUNG else Follows.MEND
    innocent = refusal.age < (IN_VAIN if refusal.in_vain else YOUNG)
    return Follows.STANDS if refusal.mended or innocent else Follows.MEND
