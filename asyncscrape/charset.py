"""The character encoding of a page, decided as in browsers: BOM, header, declaration in the page, guess."""

from __future__ import annotations

import codecs

from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    resolve_encoding,
)

FALLBACK = "cp1252"
"""The encoding of a page that declares none and is not valid UTF-8."""


def detect(body: bytes, content_type: str) -> str:
    """The name of the Python codec for the body."""
    return read_bom(body)[0] or http_content_type_encoding(content_type) or declared(body) or guess(body)


def declared(body: bytes) -> str | None:
    """The encoding that the page declares; UTF-16 counts as UTF-8, since the declaration could be read as ASCII."""
    name = html_body_declared_encoding(body)
    return "utf-8" if name and name.startswith("utf-16") else name


def guess(body: bytes) -> str:
    """UTF-8 if the body is valid UTF-8, else the encoding of the old western web."""
    try:
        codecs.utf_8_decode(body, "strict", True)
    except UnicodeDecodeError:
        return FALLBACK
    return "utf-8"


def decode(body: bytes, encoding: str) -> str:
    """The text of the body, without a BOM; bytes that cannot be decoded become U+FFFD."""
    return body.decode(resolve_encoding(encoding) or "utf-8", "replace").removeprefix("\ufeff")
