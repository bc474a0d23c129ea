"""Chance from a hash: for a few numbers about each of very many, seeding a `Random` would take most of the time."""

from __future__ import annotations

from base64 import b64encode
from hashlib import shake_128
from struct import unpack


def noise(number: int, *key: object) -> bytes:
    """So many bytes, fixed by the key."""
    return shake_128(repr(key).encode()).digest(number)


def shares(number: int, *key: object) -> list[float]:
    """So many numbers from 0 up to 1, fixed by the key."""
    return [word / 4_294_967_296 for word in unpack(f"<{number}I", noise(4 * number, *key))]


def picture_key(some: bytes) -> str:
    """A key in the address of a picture, from 18 bytes."""
    letters = b64encode(some, b"xY").decode()
    return f"{letters[:16]}-{letters[16:22]}"
