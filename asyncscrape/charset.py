"""The character encoding of a page, decided as browsers do: BOM, header, declaration in the page, guess."""

from __future__ import annotations

import codecs

from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    resolve_encoding,
)

FALLBACK = "cp1252"
"""What a page without any declaration is in when it is not valid UTF-8."""


def detect(body: bytes, content_type: str) -> str:
    """The name of the Python codec for the body."""
    return read_bom(body)[0] or http_content_type_encoding(content_type) or declared(body) or guess(body)


def declared(body: bytes) -> str | None:
    """The encoding that the page names; a page whose ASCII can be read cannot be UTF-16, so that means UTF-8."""
    name = html_body_declared_encoding(body)
    return "utf-8" if name and name.startswith("utf-16") else name


def guess(body: bytes) -> str:
    """UTF-8 when the body is valid UTF-8, else the encoding of the old western web."""
    try:
        codecs.utf_8_decode(body, "strict", True)
    except UnicodeDecodeError:
        return FALLBACK
    return "utf-8"


def decode(body: bytes, encoding: str) -> str:
    """Text of the body; a BOM is dropped and what cannot be decoded becomes U+FFFD."""
    return body.decode(resolve_encoding(encoding) or "utf-8", "replace").removeprefix("\ufeff")
