"""The headers of an answer as text that can be stored and sent on."""

from __future__ import annotations

from multidict import CIMultiDict, CIMultiDictProxy


def readable(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """A copy with valid text as values: bytes that are not UTF-8 are read as Latin-1, the old charset of HTTP.

    A copy can be sent to another process, and does not keep the connection alive.
    """
    if "".join(headers.values()).isascii():
        return headers.copy()
    return CIMultiDict((name, _true_text(value)) for name, value in headers.items())


def _true_text(value: str) -> str:
    """Valid text: aiohttp keeps bytes that are not UTF-8 as lone surrogates, which no store can hold."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogateescape").decode("latin-1")
    return value
