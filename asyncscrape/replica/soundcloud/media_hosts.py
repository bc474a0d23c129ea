"""The hosts of pictures, waveforms and audio. Whatever has the form of a key there has a file, the same each time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from zlib import crc32

import msgspec
import numpy as np

from asyncscrape.replica.answers import JSON, Asked, Reply
from asyncscrape.replica.media import jpeg, png
from asyncscrape.replica.media.previews import preview
from asyncscrape.replica.soundcloud.views import View

_SIDE = 500
_SQUARES: Mapping[str, int] = {
    "original": _SIDE,
    "t500x500": 500,
    "crop": 400,
    "t300x300": 300,
    "large": 100,
    "t67x67": 67,
    "badge": 47,
    "small": 32,
    "tiny": 20,
    "mini": 16,
}
"""Sizes of portraits and artworks."""
_BANNERS = ("original", "t1240x260", "t2480x520")
_BANNER = (1240, 260)
"""The size of all background pictures: nobody has uploaded a larger one, and none is enlarged."""
_ORIGINAL = b"\xff\xfe\x00\x0aoriginal"
"""A comment in each original in JPEG, whose bytes would otherwise be those of the next smaller size."""
_PICTURE = re.compile(r"/(avatars|artworks|visuals-\d+)-([\w]{16}-[\w]{6})-(\w+)\.(?:jpg|png)")
_WAVEFORM = re.compile(r"/([A-Za-z0-9]{12})_m\.(json|png)")
_AUDIO = re.compile(r"/([A-Za-z0-9]{12})\.mp3")
_MISSING_EVERY = 6
"""One of so many pictures has no `-original`."""
_PNG_EVERY = 5
"""One of so many `-original` is PNG, whatever its name says."""


def picture(asked: Asked, _: View) -> Reply | None:
    """A picture of `i1.sndcdn.com`; None if there is none."""
    found = _PICTURE.fullmatch(_path(asked))
    if found is None:
        return None
    kind, key, size = found.groups()
    if size == "original" and lacks_original(key):
        return None
    if kind.startswith("visuals"):
        return _picture(key, *_BANNER, size == "original") if size in _BANNERS else None
    return _picture(key, _SQUARES[size], _SQUARES[size], size == "original") if size in _SQUARES else None


def avatar(asked: Asked, _: View) -> Reply | None:
    """The portrait of those who have none, at `a1.sndcdn.com`."""
    return _nobody() if _path(asked) == "/images/default_avatar_large.png" else None


def lacks_original(key: str) -> bool:
    """Whether a picture is there in the smaller sizes only."""
    return crc32(key.encode()) % _MISSING_EVERY == 0


def is_png(key: str) -> bool:
    """Whether the original of a picture is PNG."""
    return crc32(key.encode()) // _MISSING_EVERY % _PNG_EVERY == 0


def waveform(asked: Asked, _: View) -> Reply | None:
    """The waveform of a track, as numbers or as a picture."""
    found = _WAVEFORM.fullmatch(_path(asked))
    return None if found is None else _waveform(found[1], found[2])


def audio(asked: Asked, _: View) -> Reply | None:
    """What the uploader lets everybody download."""
    found = _AUDIO.fullmatch(_path(asked))
    return None if found is None else _audio(found[1])


def samples(key: str) -> list[int]:
    """The heights of a waveform."""
    random = np.random.default_rng(crc32(key.encode()))
    parts = np.repeat(random.uniform(20, 140, 12), 150)
    heights: list[int] = (parts * random.uniform(0.4, 1, 1_800)).astype(int).tolist()
    return heights


@lru_cache(maxsize=2_000)
def _waveform(key: str, form: str) -> Reply:
    if form == "png":
        return Reply(png.waveform(key, 1_800, 280), "image/png")
    body = {"width": 1_800, "height": 140, "samples": samples(key)}
    return Reply(msgspec.json.encode(body), JSON, packable=False)


@lru_cache(maxsize=500)
def _audio(key: str) -> Reply:
    number = crc32(key.encode())
    return Reply(preview(key, 120 + number % 20, number % 12, number % 2 == 0), "audio/mpeg")


@cache
def _nobody() -> Reply:
    return Reply(png.picture("default_avatar", 100, 100), "image/png")


@lru_cache(maxsize=2_000)
def _picture(key: str, width: int, height: int, is_original: bool) -> Reply:
    if is_original and is_png(key):
        return Reply(png.picture(key, width, height), "image/png")
    body = jpeg.picture(key, width, height)
    return Reply(body[:2] + _ORIGINAL + body[2:] if is_original else body, "image/jpeg")


def _path(asked: Asked) -> str:
    return asked.target.partition("?")[0]
