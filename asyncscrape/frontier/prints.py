"""Fingerprints of requests, by which every frontier knows them again. Pure."""

from __future__ import annotations

from asyncscrape.urls import fingerprint


def print_of(kind: str, url: str, note: str, bundle: int) -> bytes:
    """The fingerprint of a request. Two bundles that need one URL ask for it twice: each must end by itself."""
    return fingerprint(kind, url, f"{note}\0{bundle}" if bundle else note)


def key_of(print_: bytes) -> int:
    """The key of a URL that is not followed, from the fingerprint that it would have in the queue."""
    return int.from_bytes(print_[:8], signed=True)
