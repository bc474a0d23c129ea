"""The type of a blob and the size of an image, told from the first bytes.

This follows the idea of the WHATWG's MIME Sniffing: the type the server declares counts unless the bytes clearly
contradict it. A PNG declared as a JPEG, or an error page declared as an image, gets its real type.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from typing import NamedTuple

from asyncscrape.model import StoredBlob

HEAD = 1 << 17
"""Bytes worth reading: the size of a JPEG comes after its EXIF data and colour profile, of 64 KB each."""
TEXT_HEAD = 1500
"""A text shows its type within this many bytes."""
UNKNOWN = "application/octet-stream"
MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9!#$&^_.+-]*")
SAYS_NOTHING = frozenset(
    {
        UNKNOWN,
        "binary/octet-stream",
        "application/unknown",
        "unknown/unknown",
        "application/x-download",
        "application/force-download",
    }
)
JSON = re.compile(rb'\s*(\{\s*["}]|\[\s*[\[{"\d\]tfn-])')
"""The beginning of JSON. Other texts begin like this too, so it counts only when the server declared no type."""


class Signature(NamedTuple):
    """Bytes that only one type begins with."""

    type: str
    pattern: re.Pattern[bytes]
    allows: re.Pattern[str]
    """Other names of the type, and the types built on it."""


def _signature(type: str, pattern: bytes, allows: str = "") -> Signature:
    flags = re.DOTALL | re.IGNORECASE if b"<" in pattern else re.DOTALL
    words = f"{re.escape(type)}|{allows}" if allows else re.escape(type)
    return Signature(type, re.compile(pattern, flags), re.compile(words))


MARKUP = rb"(?:\xef\xbb\xbf)?\s*+(?:<\?xml[^>]*\?>\s*+)?(?><!--.*?-->\s*+)*+"
"""Anything that may precede the first element of a text. Nothing is matched twice, so hostile text costs no time."""

SIGNATURES = (
    _signature("image/png", rb"\x89PNG\r\n\x1a\n", r"image/(x-png|apng|vnd\.mozilla\.apng)"),
    _signature("image/jpeg", rb"\xff\xd8\xff", r"image/(jpg|pjpeg|jfif|mpo)"),
    _signature("image/gif", rb"GIF8[79]a"),
    _signature("image/webp", rb"RIFF....WEBPVP8"),
    _signature("image/bmp", rb"BM....\0\0\0\0..\0\0[\x0c-\x80]\0\0\0", r"image/(x-)?(ms-)?bmp|image/x-windows-bmp"),
    _signature("image/x-icon", rb"\0\0\x01\0[^\0]\0.{3}\0[\0\x01]\0", r"image/(vnd\.microsoft\.icon|ico|icon)"),
    _signature("image/tiff", rb"II\x2a\0|MM\0\x2a", r"image/.*"),
    _signature("image/avif", rb"....ftypavi[fs]", r"image/.*"),
    _signature("image/heic", rb"....ftyp(?:hei[cx]|mif1|msf1)", r"image/.*"),
    _signature("audio/mp4", rb"....ftypM4[AB]\x20", r"(audio|video)/.*|application/mp4"),
    _signature("video/quicktime", rb"....ftypqt\x20\x20", r"(audio|video)/.*"),
    _signature("video/mp4", rb"....ftyp", r"(audio|video|image)/.*|application/mp4"),
    _signature("video/webm", rb"\x1aE\xdf\xa3.{0,60}webm", r"(audio|video)/.*"),
    _signature("video/x-matroska", rb"\x1aE\xdf\xa3", r"(audio|video)/.*"),
    _signature("video/x-msvideo", rb"RIFF....AVI\x20", r"video/.*"),
    _signature("audio/wav", rb"RIFF....WAVE", r"audio/(x-|vnd\.)?(pn-)?wave?"),
    _signature("audio/mpeg", rb"ID3[\x02-\x04]", r"audio/.*|video/mpeg"),
    _signature("audio/ogg", rb"OggS\0", r"(audio|video)/.*|application/(x-)?ogg"),
    _signature("audio/flac", rb"fLaC", r"audio/x-flac"),
    _signature("application/pdf", rb"%PDF-", r"application/(x-pdf|illustrator|vnd\.adobe\.illustrator)"),
    _signature("application/zip", rb"PK\x03\x04", r"application/(?!pdf|json|gzip).*|model/.*"),
    _signature("application/gzip", rb"\x1f\x8b\x08", r"application/(?!pdf|json|zip).*|image/svg\+xml|model/.*"),
    _signature("application/x-7z-compressed", rb"7z\xbc\xaf\x27\x1c"),
    _signature("application/vnd.rar", rb"Rar!\x1a\x07", r"application/.*rar.*"),
    _signature("font/woff", rb"wOFF", r"application/.*woff.*"),
    _signature("font/woff2", rb"wOF2", r"application/.*woff.*"),
    _signature("image/svg+xml", MARKUP + rb"(?:<!doctype svg[^>]{0,400}>\s*)?<svg[\s>]", r"(text|application)/.*"),
    _signature(
        "text/html", MARKUP + rb"<(?:!doctype\s+html|html)[\s>]", r"text/(plain|markdown|x-.*)|application/xhtml\+xml"
    ),
)


def content_type(declared: str, head: bytes) -> str:
    """The type of a blob that begins with `head` and that the server calls `declared`."""
    return _type(declared, head, _find(head))


def dimensions(head: bytes) -> tuple[int, int] | None:
    """The width and height, in pixels, of the image that begins with `head`; None if it is broken or not an image."""
    return _measured(head, _find(head))


def stored_blob(url: str, path: str, sha256: str, size: int, declared: str, head: bytes) -> StoredBlob:
    """The facts about a stored blob, including the type and size that its first bytes tell."""
    found = _find(head)
    width, height = _measured(head, found) or (None, None)
    return StoredBlob(url, path, sha256, size, _type(declared, head, found), width, height)


def _type(declared: str, head: bytes, found: Signature | None) -> str:
    if found is not None and declared == found.type:  # as for most files
        return declared
    declared = declared.partition(";")[0].strip().lower()
    if not MEDIA_TYPE.fullmatch(declared) or declared in SAYS_NOTHING:
        declared = ""
    if found is not None:
        return declared if declared and found.allows.fullmatch(declared) else found.type
    return declared or ("application/json" if JSON.match(head, 0, TEXT_HEAD) else UNKNOWN)


def _measured(head: bytes, found: Signature | None) -> tuple[int, int] | None:
    measure = MEASURES.get(found.type) if found else None
    if measure is None:
        return None
    try:
        width, height = measure(head)
    except (struct.error, ValueError):
        return None
    return (width, height) if width > 0 and height > 0 else None


def _find(head: bytes) -> Signature | None:
    for known in SIGNATURES:
        if known.pattern.match(head, 0, TEXT_HEAD):
            return known
    return None


def _png(head: bytes) -> tuple[int, int]:
    name, width, height = struct.unpack_from(">4sII", head, 12)
    return (width, height) if name == b"IHDR" else (0, 0)


def _gif(head: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", head, 6)
    return width, height


def _bmp(head: bytes) -> tuple[int, int]:
    size = head[14]
    width, height = struct.unpack_from("<HH" if size == 12 else "<ii", head, 18)
    return width, abs(height)


def _ico(head: bytes) -> tuple[int, int]:
    """The size of the largest picture in it. Zero stands for 256."""
    (count,) = struct.unpack_from("<H", head, 4)
    pictures = (struct.unpack_from("<BB", head, 6 + 16 * number) for number in range(min(count, 100)))
    return max((width or 256, height or 256) for width, height in pictures)


def _webp(head: bytes) -> tuple[int, int]:
    match head[12:16]:
        case b"VP8X":
            low_width, high_width, low_height, high_height = struct.unpack_from("<HBHB", head, 24)
            return 1 + low_width + (high_width << 16), 1 + low_height + (high_height << 16)
        case b"VP8L":
            mark, bits = struct.unpack_from("<BI", head, 20)
            return (1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)) if mark == 0x2F else (0, 0)
        case _:
            mark, width, height = struct.unpack_from("<3sHH", head, 23)
            return (width & 0x3FFF, height & 0x3FFF) if mark == b"\x9d\x01\x2a" else (0, 0)


FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The JPEG segments that hold the size of the image."""
BARE = frozenset({0x01, *range(0xD0, 0xD9)})
"""The JPEG segments without a length."""


def _jpeg(head: bytes) -> tuple[int, int]:
    place = 2
    while True:
        mark, kind = struct.unpack_from(">BB", head, place)
        if mark != 0xFF or kind in (0xD9, 0xDA):
            return 0, 0
        if kind == 0xFF:
            place += 1
        elif kind in BARE:
            place += 2
        elif kind in FRAMES:
            height, width = struct.unpack_from(">HH", head, place + 5)
            return width, height
        else:
            (length,) = struct.unpack_from(">H", head, place + 2)
            place += 2 + max(2, length)


MEASURES: Mapping[str, Callable[[bytes], tuple[int, int]]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/webp": _webp,
    "image/bmp": _bmp,
    "image/x-icon": _ico,
}
