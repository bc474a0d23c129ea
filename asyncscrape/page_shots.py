"""Pictures and PDFs of pages, which a browser makes once all steps are done.

A page that is parsed may be in another process than the browser. So what became of its shots is told beside it, in
the note of its request, and the parser only makes addresses and paths of them; the bytes go another way.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol
from urllib.parse import quote

import msgspec

WHOLE_PAGE, IN_VIEW = "page", "window"
"""What a picture may show instead of an element."""
UNQUOTED = "!$&'()*+,;=:@/?"
"""Characters that a fragment may hold as they are (RFC 3986), besides letters, digits and "-._~"."""

_decode = msgspec.json.Decoder(dict[str, str]).decode


class ShotKind(StrEnum):
    """A file that a browser makes of a page, when all steps are done."""

    SCREENSHOT = "screenshot"
    PDF = "pdf"


SHOT_TYPES: Mapping[ShotKind, str] = {ShotKind.SCREENSHOT: "image/png", ShotKind.PDF: "application/pdf"}
EXTENSIONS: Mapping[ShotKind, str] = {ShotKind.SCREENSHOT: ".png", ShotKind.PDF: ".pdf"}


class Shot(msgspec.Struct, frozen=True):
    """A picture or PDF of an open page."""

    kind: ShotKind
    target: str = ""
    """A selector, `WHOLE_PAGE` or `IN_VIEW`; empty for a PDF."""
    most: int = 0
    """Bytes that it may have."""

    @property
    def name(self) -> str:
        """Its name, as the fragment of its page's URL."""
        return f"{self.kind}={quote(self.target, safe=UNQUOTED)}" if self.target else str(self.kind)

    def address(self, page: str) -> str:
        """Its URL: that of its page, and a fragment."""
        return f"{page}#{self.name}"


class FieldWithShot(Protocol):
    """The long form of a field, as far as it may be a picture or PDF of the page."""

    @property
    def screenshot(self) -> str | None: ...  # noqa: D102
    @property
    def pdf(self) -> bool: ...  # noqa: D102


def shot_of(field: str | FieldWithShot) -> Shot | None:
    """The picture or PDF that a field is, if it is one."""
    if isinstance(field, str):
        return None
    if field.screenshot is not None:
        return Shot(ShotKind.SCREENSHOT, field.screenshot)
    return Shot(ShotKind.PDF) if field.pdf else None


def note_of(reasons: Mapping[Shot, str]) -> str:
    """The note that tells what became of each shot: why it could not be made, or an empty text."""
    return msgspec.json.encode({shot.name: why for shot, why in reasons.items()}).decode()


def reasons_in(note: str) -> Mapping[str, str]:
    """What a note tells, by the names of the shots."""
    try:
        return _decode(note or "{}")
    except msgspec.DecodeError:
        return {}
