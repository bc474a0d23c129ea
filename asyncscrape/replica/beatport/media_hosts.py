"""geo-media.beatport.com and geo-samples.beatport.com: pictures in any size, and previews."""

from __future__ import annotations

import re
from collections.abc import Callable

from asyncscrape.replica.answers import Asked, Reply
from asyncscrape.replica.beatport.key_numbers import KEYS
from asyncscrape.replica.beatport.stock import Stock
from asyncscrape.replica.media import jpeg, png
from asyncscrape.replica.media.drawings import seed
from asyncscrape.replica.media.previews import preview
from asyncscrape.replica.scene.nouns import SoldTrack

MOST = 2_000
"""The most pixels of a side."""
_PICTURE = re.compile(r"/image_size/(\d{1,4})x(\d{1,4})/([\w-]+)\.(jpg|png)")
_SAMPLE = re.compile(r"/track/([\w-]+)\.LOFI\.mp3")


def picture(asked: Asked) -> Reply | None:
    """Covers and portraits as JPEG, waveforms as PNG, in the size that the address says."""
    match = _PICTURE.fullmatch(asked.target.partition("?")[0])
    if not match:
        return None
    width, height, key, kind = int(match[1]), int(match[2]), match[3], match[4]
    if not (0 < width <= MOST and 0 < height <= MOST):
        return None
    if kind == "jpg":
        return Reply(jpeg.picture(key, width, height), "image/jpeg")
    return Reply(png.waveform(key, width, height), "image/png")


def sample(stock: Callable[[], Stock], asked: Asked) -> Reply | None:
    """The preview of a track."""
    match = _SAMPLE.fullmatch(asked.target.partition("?")[0])
    track = stock().by_sample.get(match[1]) if match else None
    return Reply(heard(track), "audio/mpeg") if track else None


def heard(track: SoldTrack) -> bytes:
    """What a preview lets hear; a tempo or key that the shop does not know is there all the same."""
    number = seed(track.sample)
    key = KEYS[track.key or number % 24 + 1]
    return preview(track.sample, track.bpm or 118 + number % 20, key.root, key.is_minor)
