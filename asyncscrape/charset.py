"""The character encoding of a page, decided as in browsers: BOM, header, declaration in the page, guess.

Only the encodings of browsers count (see `charset_labels.py`); a label that is none of theirs is passed over.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import cache

from asyncscrape.charset_labels import CODECS, SINGLE_BYTE, USER_DEFINED, UTF_8, UTF_16_BE, UTF_16_LE, WESTERN

FALLBACK = WESTERN
"""The encoding of a page that declares none and is not valid UTF-8."""
DECLARED_WITHIN = 4096
"""Bytes in which a page is searched for its declaration; browsers look further, in another way."""
BEGINNINGS = {
    codecs.BOM_UTF8: UTF_8,
    codecs.BOM_UTF16_LE: UTF_16_LE,
    codecs.BOM_UTF16_BE: UTF_16_BE,
    b"<\0?\0x\0": UTF_16_LE,
    b"\0<\0?\0x": UTF_16_BE,
}
"""The first bytes that tell an encoding."""

_CHARSET = re.compile(r"""charset\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s;,"']+))""", re.ASCII | re.IGNORECASE)
# Each alternative takes every character once, so that a search is linear.
_MARKUP = re.compile(
    r"""<!--.*?(?:-->|\Z)                                                           # a comment hides what is in it
      | <(?P<name>/?[a-z][^\s/>]*+|\?xml) (?P<rest>(?:[^>=]|=\s*+(?:"[^"]*"|'[^']*')?+)*+)""",
    re.ASCII | re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_ATTRIBUTE = re.compile(
    r"""([^\s/>=]++)(?:\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s>"']++)))?+""", re.ASCII | re.IGNORECASE
)


def detect(body: bytes, content_type: str) -> str:
    """The name of the codec for the body: Python's own, but for `USER_DEFINED`."""
    return _told_first(body) or codec_in(content_type) or declared(body) or guess(body)


def codec_of(label: str) -> str | None:
    """The codec for a label, in whatever case; None for what browsers do not know."""
    return CODECS.get(label.strip("\t\n\f\r ").lower())


def codec_in(text: str) -> str | None:
    """The codec for the `charset=` in a header or a `<meta>`."""
    found = _CHARSET.search(text)
    return codec_of(found[1] or found[2] or found[3] or "") if found else None


def declared(body: bytes) -> str | None:
    """The encoding that the page declares; UTF-16 counts as UTF-8, since the declaration could be read as ASCII."""
    head = body[:DECLARED_WITHIN]
    if b"charset" not in head.lower():
        head = head[: head.find(b">") + 1]  # only an XML declaration can tell, and that comes first
    for codec in _declarations(head.decode("latin-1")):
        if codec is not None:
            return {UTF_16_LE: UTF_8, UTF_16_BE: UTF_8, USER_DEFINED: WESTERN}.get(codec, codec)
    return None


def guess(body: bytes) -> str:
    """UTF-8 if the body is valid UTF-8, else the encoding of the old western web."""
    try:
        codecs.utf_8_decode(body, "strict", True)
    except UnicodeDecodeError:
        return FALLBACK
    return UTF_8


def decode(body: bytes, encoding: str) -> str:
    """The text of the body, without a BOM; bytes that cannot be decoded become U+FFFD."""
    if encoding in SINGLE_BYTE:
        return codecs.charmap_decode(body, "strict", _characters(encoding))[0]
    return body.decode(encoding, "replace").removeprefix("\ufeff")


def _told_first(body: bytes) -> str | None:
    return next((codec for begin, codec in BEGINNINGS.items() if body.startswith(begin)), None)


def _declarations(text: str) -> Iterator[str | None]:
    """The codecs for what the tags say, and last for what the XML declaration says."""
    in_xml = None
    for tag in _MARKUP.finditer(text):
        name = (tag["name"] or "").lower()
        if name == "meta":
            yield _in_meta(_attributes(tag["rest"]))
        elif name == "?xml":
            in_xml = in_xml or codec_of(_attributes(tag["rest"]).get("encoding", ""))
    yield in_xml


def _in_meta(attributes: dict[str, str]) -> str | None:
    if "charset" in attributes:
        return codec_of(attributes["charset"])
    told = attributes.get("http-equiv", "").lower() == "content-type"
    return codec_in(attributes.get("content", "")) if told else None


def _attributes(text: str) -> dict[str, str]:
    """The attributes of a tag; of two with one name the first counts."""
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(text):
        found.setdefault(name.lower(), "".join(values))
    return found


@cache
def _characters(encoding: str) -> str:
    """The character for each byte. A table with one for all decodes hostile bytes as fast as any."""
    if encoding == USER_DEFINED:
        return bytes(range(128)).decode("ascii") + "".join(map(chr, range(0xF780, 0xF800)))
    return bytes(range(256)).decode(encoding, "replace")
