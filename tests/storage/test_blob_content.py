"""The type and size of a file, told from its first bytes, whatever the server declared."""

from __future__ import annotations

import struct
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asyncscrape.storage.blob_content import HEAD, SIGNATURES, content_type, dimensions

GIF = b"GIF89a" + struct.pack("<HH", 40, 30) + b"\x80\0\0"
BMP = b"BM" + struct.pack("<IHHIIiiHH", 1000, 0, 0, 54, 40, 40, -30, 1, 24) + bytes(24)
OLD_BMP = b"BM" + struct.pack("<IHHIIHHHH", 1000, 0, 0, 26, 12, 40, 30, 1, 24)
ICO = (
    b"\0\0\1\0\2\0"
    + struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, 100, 38)
    + struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, 9000, 138)
)
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41"
M4A = b"\0\0\0\x20ftypM4A \0\0\2\0"
WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm"
OGG = b"OggS\0\2" + bytes(20)
MP3 = b"ID3\4\0\0\0\0\0\0"
PDF = b"%PDF-1.7\n"
ZIP = b"PK\3\4\x14\0"
GZIP = b"\x1f\x8b\x08\0\0\0\0\0"
SVG = b'<?xml version="1.0"?>\n<!-- made by hand -->\n<svg xmlns="http://www.w3.org/2000/svg" width="40">'
HTML = b"\n <!-- error --><!DOCTYPE html><html><body>404</body></html>"


def png(width: int, height: int) -> bytes:
    header = struct.pack(">4sIIBBBBB", b"IHDR", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


def jpeg(width: int, height: int, before: int = 0, frame: int = 0xC0) -> bytes:
    """A JPEG whose size comes after so many segments of 64 KB."""
    segments = b"\xff\xe1\xff\xff" + b"\xff\xc0" + bytes(65531)
    return b"\xff\xd8" + segments * before + struct.pack(">BBHBHHB", 0xFF, frame, 17, 8, height, width, 3) + bytes(9)


def webp(kind: bytes, data: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 1000) + b"WEBP" + kind + struct.pack("<I", 900) + data


WEBP_LOSSY = webp(b"VP8 ", b"\x30\1\0\x9d\1\x2a" + struct.pack("<HH", 40, 30 | 0x4000))
WEBP_LOSSLESS = webp(b"VP8L", b"\x2f" + struct.pack("<I", 39 | 29 << 14))
WEBP_EXTENDED = webp(b"VP8X", bytes(4) + (39).to_bytes(3, "little") + (29).to_bytes(3, "little"))


@pytest.mark.parametrize(
    ("declared", "head", "expected"),
    [
        ("image/jpeg", png(1, 1), "image/png"),
        ("image/jpeg", HTML, "text/html"),
        ("application/pdf", HTML, "text/html"),
        ("application/json", HTML, "text/html"),
        ("image/png", jpeg(1, 1), "image/jpeg"),
        ("text/html", PDF, "application/pdf"),
        ("text/plain; charset=utf-8", GZIP, "application/gzip"),
        ("audio/mpeg", ZIP, "application/zip"),
    ],
)
def test_certain_bytes_overrule_the_server(declared: str, head: bytes, expected: str) -> None:
    assert expected == content_type(declared, head)


@pytest.mark.parametrize(
    ("declared", "head"),
    [
        ("image/jpg", jpeg(1, 1)),
        ("image/vnd.microsoft.icon", ICO),
        ("image/apng", png(1, 1)),
        ("audio/mp4", MP4),
        ("audio/webm", WEBM),
        ("audio/ogg", OGG),
        ("text/plain", HTML),
        ("application/xhtml+xml", HTML),
        ("image/svg+xml", SVG),
        ("application/epub+zip", ZIP),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ZIP),
        ("image/x-canon-cr2", b"II\x2a\0\x10\0\0\0CR"),
        ("image/jpeg", b"no picture that we know"),
        ("text/csv", b"a,b\n1,2\n"),
        ("video/mp2t", b""),
    ],
)
def test_the_server_is_believed_unless_the_bytes_contradict_it(declared: str, head: bytes) -> None:
    assert declared == content_type(declared, head)


@pytest.mark.parametrize("declared", ["", "application/octet-stream", "binary/octet-stream", "jpg", "*/*", "a/b c"])
@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (png(1, 1), "image/png"),
        (jpeg(1, 1), "image/jpeg"),
        (GIF, "image/gif"),
        (WEBP_LOSSY, "image/webp"),
        (BMP, "image/bmp"),
        (ICO, "image/x-icon"),
        (SVG, "image/svg+xml"),
        (MP4, "video/mp4"),
        (M4A, "audio/mp4"),
        (WEBM, "video/webm"),
        (OGG, "audio/ogg"),
        (MP3, "audio/mpeg"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (PDF, "application/pdf"),
        (ZIP, "application/zip"),
        (GZIP, "application/gzip"),
        (HTML, "text/html"),
        (b'\n{"a": 1}', "application/json"),
        (b"[[1, 2]]", "application/json"),
        (b"BMW sells cars", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_the_bytes_are_believed_when_the_server_says_nothing(declared: str, head: bytes, expected: str) -> None:
    assert expected == content_type(declared, head)


def test_the_type_is_written_without_parameters_and_in_lower_case() -> None:
    assert "text/plain" == content_type(" Text/Plain ; charset=UTF-8", b"a")


@pytest.mark.parametrize(
    "head",
    [
        *(png(40, 30), GIF, BMP, OLD_BMP, WEBP_LOSSY, WEBP_LOSSLESS, WEBP_EXTENDED),
        *(jpeg(40, 30), jpeg(40, 30, frame=0xC2), jpeg(40, 30, before=1)),
    ],
)
def test_the_size_of_an_image_is_read(head: bytes) -> None:
    assert (40, 30) == dimensions(head)


def test_the_size_of_an_icon_is_that_of_its_largest_picture() -> None:
    assert (256, 256) == dimensions(ICO)


def test_the_size_of_a_jpeg_may_come_after_everything_that_cameras_write() -> None:
    assert (4000, 3000) == dimensions((b"\xff\xd8\xff\xff\xe0\0\4ab\xff\1" + jpeg(4000, 3000, before=1)[2:])[:HEAD])


@pytest.mark.parametrize(
    "head", [b"", HTML, ZIP, png(0, 30), jpeg(40, 0), b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xe0\0\0"]
)
def test_other_files_and_broken_images_have_no_size(head: bytes) -> None:
    assert None is dimensions(head)


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_do_no_harm(head: bytes) -> None:
    content_type("", head)
    dimensions(head)


@given(
    st.sampled_from([png(40, 30), jpeg(40, 30), GIF, BMP, ICO, WEBP_LOSSY, WEBP_LOSSLESS, WEBP_EXTENDED]),
    st.integers(0, 60),
    st.binary(max_size=60),
)
def test_damaged_images_do_no_harm(whole: bytes, kept: int, rest: bytes) -> None:
    found = dimensions(whole[:kept] + rest)
    assert found is None or min(found) > 0


@pytest.mark.parametrize(
    "repeated", [b"<!-- -->", b"<!--", b" ", b"<?xml ", b"\xff", b"\xff\xd8\xff", b"<!doctype svg "]
)
def test_hostile_bytes_cost_no_time(repeated: bytes) -> None:
    head = (b"\xff\xd8\xff" + repeated * HEAD)[:HEAD]
    begun = time.process_time()
    content_type("", repeated * 2000)
    dimensions(head)
    assert time.process_time() - begun < 2


def test_no_two_signatures_have_the_same_name() -> None:
    names = [known.type for known in SIGNATURES]
    assert sorted(set(names)) == sorted(names)
