"""Pictures: the largest size of each, and the next smaller one if the site does not have it.

The size stands at the end of a picture's name. A size that the site offers may still be missing, so a failed request
is followed by one for the next smaller size, which is stored under the same path.
"""

from __future__ import annotations

import re
from typing import Any

from asyncscrape.model import Blob, Kind, Request
from asyncscrape.parsers.soundcloud.readings import address

SIZES = ("original", "t500x500", "large")
"""The sizes of portraits and artworks, the largest first."""
BACKGROUND_SIZES = ("original", "t2480x520", "t1240x260")
SIZED = re.compile(
    r"-(original|t\d+x\d+|large|crop|badge|small|tiny|mini)(\.[A-Za-z0-9]{1,5})?(?=\Z|\?)", re.IGNORECASE
)
PLACEHOLDER = "default_avatar"
"""A part of the name of the picture that everybody has at first."""
BACKGROUND = "/visuals-"


def largest(told: Any) -> str | None:
    """The address of a picture in its largest size; None if there is none, or only the site's placeholder."""
    url = address(told)
    return None if url is None or PLACEHOLDER in url else sized(url, SIZES[0])


def background(visuals: Any) -> str | None:
    """The address of a profile's first background picture in its largest size."""
    shown = visuals.get("visuals") if isinstance(visuals, dict) and visuals.get("enabled") is not False else None
    for visual in shown if isinstance(shown, list) else ():
        url = address(visual.get("visual_url")) if isinstance(visual, dict) else None
        if url:
            return sized(url, SIZES[0])
    return None


def sized(url: str, size: str) -> str:
    """The address of the same picture in another size."""
    return SIZED.sub(lambda found: f"-{size}{found[2] or ''}", url, count=1)


def smaller(request: Request) -> list[Blob]:
    """The next smaller size of a picture that could not be had."""
    found = SIZED.search(request.asked) if request.kind == Kind.BLOB else None
    sizes = BACKGROUND_SIZES if BACKGROUND in request.asked else SIZES
    if found is None or found[1] not in sizes[:-1]:
        return []
    size = sizes[sizes.index(found[1]) + 1]
    return [Blob(sized(request.asked, size), request.path, newest=True)]
