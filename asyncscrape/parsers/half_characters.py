"""Halves of characters (lone surrogates) in JSON and XML: each becomes U+FFFD, as it does in HTML.

They come from programs that cut texts in the middle of an emoji. msgspec refuses JSON with one, and libxml2 makes
text of one that no Python string can hold, so they are replaced in what these are about to read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from asyncscrape.model import storable

T = TypeVar("T")

REPLACED = "\ufffd"

_ESCAPE = re.compile(
    r"""(?:\\\\)++                                # backslashes
      | \\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}  # both halves of a character
      | (?P<half>\\ud[89a-f][0-9a-f]{2})""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
_REFERENCE = re.compile(rb"&#(?:x0*(?P<hex>d[89a-f][0-9a-f]{2})|0*(?P<decimal>5[567]\d{3}));", re.IGNORECASE)


def with_whole_characters(text: str) -> str:
    """JSON without halves of characters, whether written as escapes or as they are."""
    return _ESCAPE.sub(lambda found: REPLACED if found["half"] else found[0], storable(text))


def decoded_whole(decode: Callable[[Any], T], body: bytes | msgspec.Raw) -> T:
    """What a decoder makes of JSON; one that refuses a half of a character gets it replaced."""
    try:
        return decode(body)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        return decode(with_whole_characters(bytes(body).decode("utf-8", "replace")))


def with_whole_references(body: bytes) -> bytes:
    """XML without references to halves of characters."""
    return _REFERENCE.sub(_whole_reference, body)


def _whole_reference(found: re.Match[bytes]) -> bytes:
    is_half = found["hex"] or 0xD800 <= int(found["decimal"]) <= 0xDFFF
    return b"&#xFFFD;" if is_half else found[0]
