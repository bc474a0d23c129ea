"""The path of a blob: its template filled in, so that no value can lead out of the blob store."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote

from asyncscrape.urls import authority, path_and_query

LONGEST_VALUE = 100
"""Bytes that one value may contribute; file systems allow 255 for a name."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\ud800-\udfff]+')
_AFTER_THE_PATH = re.compile("[?#]")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,8}\Z")


def path_of(template: str, url: str, values: Mapping[str, Any]) -> str:
    """The path of the blob at this URL, found in a record with these values; a value wins over a fact of its name."""

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        value = values[name] if name in values else _FROM_URL[name](url)
        return safe("" if value is None else str(value))

    parts = _PLACEHOLDER.sub(fill, template).split("/")
    return "/".join("_" if part.strip(". ") == "" else part for part in parts)


def safe(text: str) -> str:
    """The text made fit for a file name: no separators, no control characters, bounded length."""
    return _UNSAFE.sub("_", text).encode()[:LONGEST_VALUE].decode("utf-8", "ignore")


def _name(url: str) -> str:
    return unquote(_AFTER_THE_PATH.split(path_and_query(url), 1)[0].rpartition("/")[2])


def _extension(url: str) -> str:
    found = _EXTENSION.search(_name(url))
    return found[0] if found else ""


_FROM_URL: Mapping[str, Callable[[str], str]] = {
    "url_hash": lambda url: blake2b(url.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest(),
    "ext": _extension,
    "name": _name,
    "host": authority,
}
