"""Audio files to samples.

What a file is, its first bytes say, not its name. It is mapped, not read, and decoded piece by piece, and only as far
as the analysis looks at it: so a small file that unpacks to hours costs no more memory than any other.
"""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import miniaudio
import numpy as np
from numpy.typing import NDArray

from asyncscrape.analysis.audio.said_length import ends_within_frame, samples_of_mp3, share_of_wav
from asyncscrape.unreadable import why_unreadable

Samples = NDArray[np.float32]

MOST_SECONDS = 600
"""What comes after ten minutes is left out."""
LEAST_SECONDS = 1.0
RATES = (8_000, 192_000)
MOST_CHANNELS = 8
PIECE = 1 << 16
"""Frames that are decoded at a time."""
SILENCE = 1e-4
"""A file that never gets louder than this (-80 dB) is silent."""
CUT = 0.98
"""A file that holds less than this share of what it announces is cut off."""
LARGEST = 16.0
"""Samples are about 1; files of floating point numbers can hold anything."""
HEAD = 64
"""Bytes by which other kinds of files are told."""

_KINDS = (
    (b"<", "HTML or XML"),
    (b"{", "JSON"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"#EXTM3U", "a playlist"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive"),
)
_OTHER_AUDIO = (
    (b"ftyp", 4, "MP4"),
    (b"OpusHead", 28, "Opus"),
    (b"\x1a\x45\xdf\xa3", 0, "WebM"),
    (b"FORM", 0, "AIFF"),
    (b"FLV", 0, "Flash video"),
)


class AudioError(Exception):
    """Why nothing can be told about a file."""


class Announced(NamedTuple):
    """What a file says of itself."""

    rate: int
    """Frames a second."""
    channels: int
    frames: int | None
    """None if it does not say."""

    @property
    def seconds(self) -> float | None:
        """How long it says it is."""
        return None if self.frames is None else self.frames / self.rate


class AudioFile(NamedTuple):
    """An audio file that can be decoded."""

    announced: Announced
    pieces: Iterator[Samples]
    """Frames by one or two channels. Taking the next one raises AudioError where the file turns out to be none."""


def opened(path: Path) -> AudioFile:
    """The sound in a file. Raises AudioError."""
    data = _mapped(path)
    announced = _announced(data, bytes(data[:HEAD]))
    return AudioFile(announced, checked(announced, _decoded(data, announced)))


def checked(announced: Announced, pieces: Iterator[Samples]) -> Iterator[Samples]:
    """The same pieces, as far as the analysis looks. Raises AudioError if together they are no sound."""
    most, heard, peak = MOST_SECONDS * announced.rate, 0, 0.0
    for piece in pieces:
        kept = piece[: most - heard]
        heard += len(kept)
        loudest = float(max(kept.max(initial=0), -kept.min(initial=0)))
        if not loudest <= LARGEST:  # NaN is not either
            raise AudioError("its samples are no sound: they are beyond all bounds")
        peak = max(peak, loudest)
        yield kept
        if heard >= most:
            break
    _check_length(announced, heard, most)
    if peak < SILENCE:
        raise AudioError("it is silent")


def _check_length(announced: Announced, heard: int, most: int) -> None:
    seconds = heard / announced.rate
    if not heard:
        raise AudioError("nothing in it can be decoded")
    if heard < CUT * min(announced.frames or 0, most):
        raise AudioError(f"it is cut off: {seconds:.1f} of {announced.seconds:.1f} seconds are there")
    if seconds < LEAST_SECONDS:
        raise AudioError(f"it is too short: {seconds:.2f} seconds")


def _mapped(path: Path) -> memoryview:
    """The bytes of a file, read when they are looked at."""
    try:
        place = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise AudioError(why_unreadable(error)) from None
    try:
        kind = os.fstat(place).st_mode
        if stat.S_ISDIR(kind):
            raise AudioError("it is a folder; name the files in it, as in: asyncscrape audio folder/*.mp3")
        if not stat.S_ISREG(kind):
            raise AudioError("it is no file, but a pipe or a device")
        if not os.fstat(place).st_size:
            raise AudioError("it is empty")
        return memoryview(mmap.mmap(place, 0, access=mmap.ACCESS_READ))
    finally:
        os.close(place)


def _announced(data: memoryview, head: bytes) -> Announced:
    """Rate, channels and length, by whatever decoder takes the file. Raises AudioError."""
    if kind := next((name for mark, name in _KINDS if head.lstrip().startswith(mark)), None):
        raise AudioError(f"it is {kind}, not audio")
    if kind := next((name for mark, place, name in _OTHER_AUDIO if head[place:].startswith(mark)), None):
        raise AudioError(f"it is {kind}, which cannot be decoded here")
    told = _told_by_decoder(data)
    if not 1 <= told.nchannels <= MOST_CHANNELS or not RATES[0] <= told.sample_rate <= RATES[1]:
        raise AudioError(f"it has {told.nchannels} channels at {told.sample_rate} Hz, which is no music")
    return Announced(told.sample_rate, told.nchannels, _frames(data, told) or None)


def _frames(data: memoryview, told: Any) -> int | None:
    """The frames that a file says it has. Raises AudioError."""
    if told.file_format is miniaudio.FileFormat.MP3:
        if ends_within_frame(data):
            raise AudioError("it is cut off in the middle of a frame")
        return samples_of_mp3(data)
    if told.file_format is miniaudio.FileFormat.WAV:
        return round(int(told.num_frames) / max(share_of_wav(data), 1e-6))
    return int(told.num_frames)


def _told_by_decoder(data: memoryview) -> Any:
    whole = _for_c(data)
    for inspect in (
        miniaudio.flac_get_info,
        miniaudio.wav_get_info,
        miniaudio.vorbis_get_info,
        miniaudio.mp3_get_info,
    ):
        try:
            return inspect(whole)
        except (miniaudio.MiniaudioError, ZeroDivisionError, ValueError, KeyError):
            continue
    raise AudioError("it is none of MP3, Ogg Vorbis, FLAC and WAV")


def _decoded(data: memoryview, announced: Announced) -> Iterator[Samples]:
    """What can be decoded, up to where it is damaged."""
    channels = min(announced.channels, 2)
    try:
        stream = miniaudio.stream_memory(
            _for_c(data), miniaudio.SampleFormat.FLOAT32, channels, announced.rate, frames_to_read=PIECE
        )
        for piece in stream:
            yield np.frombuffer(piece, np.float32).reshape(-1, channels)
    except miniaudio.MiniaudioError:
        return


def _for_c(data: memoryview) -> Any:
    """The bytes for a decoder, not copied."""
    return miniaudio.ffi.from_buffer(data)
