"""What an MP3 or a WAV says of its length: their decoders do not tell whether all of it is there.

The length of an MP3 stands in a note that encoders leave (Xing, or Info). Without it, a last frame that is not whole
still tells that the file was cut off.
"""

from __future__ import annotations

from collections.abc import Iterator

TAG, BEGINNING = b"ID3", b"\xff"
"""What stands before the first frame, and at the start of each."""
NOTES = (b"Xing", b"Info")
LOOKED_AT = 512
"""Bytes of the first frame in which the note stands."""
VERSION_1 = 3
SAMPLES, SAMPLES_OF_LATER_VERSIONS = 1152, 576
"""Samples in a frame of MPEG-1, and of MPEG-2 and 2.5."""
KBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
KBITS_OF_LATER_VERSIONS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
MOST_FRAMES = 100_000
"""Of an MP3 that has more, more than 40 minutes, the end is not looked at."""
UNKNOWN = (0, 0xFFFFFFFF)
"""Sizes in a WAV that was written before its length was known."""


def samples_of_mp3(data: memoryview) -> int | None:
    """The samples in each channel that an MP3 says it has, if it does."""
    start = tag_length(bytes(data[:10]))
    head = bytes(data[start : start + LOOKED_AT])
    place = max(map(head.find, NOTES))
    if place < 0 or not int.from_bytes(head[place + 4 : place + 8]) & 1:
        return None
    is_first_version = head[1] >> 3 & 3 == VERSION_1
    return int.from_bytes(head[place + 8 : place + 12]) * (SAMPLES if is_first_version else SAMPLES_OF_LATER_VERSIONS)


def ends_within_frame(data: memoryview) -> bool:
    """Whether the last frame of an MP3 is not whole."""
    place = tag_length(bytes(data[:10]))
    for _ in range(MOST_FRAMES):
        head = bytes(data[place : place + 4])
        length = frame_length(head)
        if length is None:
            return len(head) < 4 and head.startswith(BEGINNING)
        place += length
        if place > len(data):
            return True
    return False


def tag_length(head: bytes) -> int:
    """The bytes before the first frame. Each byte of their number has seven bits."""
    if not head.startswith(TAG) or len(head) < 10:
        return 0
    return 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))


def frame_length(head: bytes) -> int | None:
    """The bytes of the frame of Layer III that begins like this, if one does."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, rate_code, kbit_code = head[1] >> 3 & 3, head[2] >> 2 & 3, head[2] >> 4
    if version not in RATES or rate_code == 3 or kbit_code in (0, 15):
        return None
    kbits, per_frame = (KBITS, 144) if version == VERSION_1 else (KBITS_OF_LATER_VERSIONS, 72)
    return per_frame * kbits[kbit_code] * 1000 // RATES[version][rate_code] + (head[2] >> 1 & 1)


def share_of_wav(data: memoryview) -> float:
    """The share of the samples that a WAV says it has which is there."""
    for name, start, size in _chunks(data):
        if name == b"data" and size not in UNKNOWN:
            return min(1.0, (len(data) - start) / size)
    return 1.0


def _chunks(data: memoryview) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and size of each part of a WAV."""
    place = 12
    while len(head := bytes(data[place : place + 8])) == 8:
        size = int.from_bytes(head[4:], "little")
        yield head[:4], place + 8, size
        place += 8 + size + size % 2
