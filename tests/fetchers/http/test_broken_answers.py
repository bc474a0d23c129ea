"""Unpacking bodies, and the fate of broken answers."""

import gzip
import socket
import zlib
from collections.abc import Callable

import brotli
import pytest
from backports.zstd import compress as zstd
from support.fetching import MB, failure, fetching, trusting
from support.hostile_server import HostileServer, Wire

from asyncscrape.decompress import CutOff, Decoder, Overflow, Undecodable, encodings
from asyncscrape.fetchers.http.fetcher import HttpFetcher
from asyncscrape.model import Request

# ---------------------------------------------------------------- encodings


PAGE = b"<p>some text, again and again</p>\n" * 5000


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(PAGE)),
        ("x-gzip", gzip.compress(PAGE)),
        ("GZIP", gzip.compress(PAGE[:100]) + gzip.compress(PAGE[100:])),
        ("gzip", gzip.compress(PAGE) + b"\0\0\0\0 trailing nonsense"),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", raw_deflate(PAGE)),
        ("br", brotli.compress(PAGE)),
        ("zstd", zstd(PAGE)),
        ("zstd", zstd(PAGE[:100]) + zstd(PAGE[100:])),
        ("gzip, br", brotli.compress(gzip.compress(PAGE))),
        ("identity", PAGE),
    ],
)
async def test_encodings_are_undone(
    server: HostileServer, fetcher: HttpFetcher, encoding: str, packed: bytes
) -> None:
    async def answer(wire: Wire) -> None:
        await wire.answer(packed, Content_Encoding=encoding)

    response = await fetcher.fetch(Request(server.behaving(answer)))
    assert PAGE == response.body


@pytest.mark.parametrize("size", [1, 2, 3, 1000, 8191, 8192, 8193])
@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(PAGE) + gzip.compress(PAGE)),
        ("deflate", zlib.compress(PAGE * 2)),
        ("deflate", raw_deflate(PAGE * 2)),
        ("br", brotli.compress(PAGE * 2)),
        ("zstd", zstd(PAGE) + zstd(PAGE)),
    ],
)
def test_it_does_not_matter_where_the_network_cuts(encoding: str, packed: bytes, size: int) -> None:
    decoder = Decoder(encodings(encoding), len(PAGE) * 2)
    parts = [packed[start : start + size] for start in range(0, len(packed), size)]
    assert PAGE * 2 == b"".join(piece for part in parts for piece in decoder.feed(part))
    decoder.finish()


@pytest.mark.parametrize("size", [2**18 - 1, 2**18, 2**18 + 1, 2**19, 10**7])
@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, raw_deflate, brotli.compress, zstd])
def test_nothing_is_left_inside_a_decompressor(pack: Callable[[bytes], bytes], size: int) -> None:
    name = {gzip.compress: "gzip", brotli.compress: "br", zstd: "zstd"}.get(pack, "deflate")
    decoder = Decoder((name,), size)
    pieces = [len(piece) for piece in decoder.feed(pack(b"\0" * size))]
    decoder.finish()
    assert size == sum(pieces)
    assert max(pieces) <= 2**19


@pytest.mark.parametrize(
    "packed", [gzip.compress(PAGE), zlib.compress(PAGE), raw_deflate(PAGE), brotli.compress(PAGE), zstd(PAGE)]
)
@pytest.mark.parametrize("missing", [1, 10, -1])
def test_a_compressed_body_that_ends_too_soon_is_noticed(packed: bytes, missing: int) -> None:
    name = {b"\x1f\x8b": "gzip", b"\x28\xb5": "zstd", brotli.compress(PAGE)[:2]: "br"}.get(packed[:2], "deflate")
    decoder = Decoder((name,), MB)
    for _ in decoder.feed(packed[: len(packed) - missing if missing > 0 else 1]):
        pass
    with pytest.raises(CutOff):
        decoder.finish()


def test_what_one_step_makes_counts_even_if_the_next_swallows_it() -> None:
    swallowed = gzip.compress(gzip.compress(b"") * 1000)
    with pytest.raises(Overflow):
        list(Decoder(("gzip", "gzip"), 10_000).feed(swallowed))


def test_too_many_layers_are_refused() -> None:
    with pytest.raises(Undecodable, match="compressed 4 times over"):
        encodings("gzip, gzip, gzip, gzip")


DAMAGED = "the answer from {} cannot be decompressed: the compressed data is damaged"
NOT_HTTP = "{} answered with something that is not HTTP, or with more than it announced"
NOT_VALID = "{} sent headers that are not valid HTTP"
HEADERS = "{} sent more or longer headers than any page needs"
PADDED = "{} sent far more headers and framing than any page needs, around little or no body"
GARBLED = "{}: the body came in broken chunks"
CUT_OFF = "{} broke off in the middle of the body"


@pytest.mark.parametrize(
    ("path", "reason", "transient", "words"),
    [
        ("/unknown-encoding", "encoding", False, 'the answer from {} has the unknown Content-Encoding "x-rot13"'),
        (
            "/gzip-damaged",
            "encoding",
            False,
            DAMAGED,
        ),
        ("/not-gzip", "encoding", False, DAMAGED),
        (
            "/bomb/window",
            "encoding",
            False,
            DAMAGED,
        ),
        ("/gzip-truncated", "truncated", True, CUT_OFF),
        ("/chunks-cut", "truncated", True, CUT_OFF),
        ("/length-short", "truncated", True, CUT_OFF),
        ("/reset-mid-body", "truncated", True, CUT_OFF),
        ("/reset-open-ended", "truncated", True, CUT_OFF),
        ("/broken-chunks", "protocol", True, GARBLED),
        ("/broken-chunks-at-once", "protocol", True, GARBLED),
        ("/huge-header", "protocol", False, HEADERS),
        ("/many-headers", "protocol", False, HEADERS),
        ("/endless-headers", "protocol", False, HEADERS),
        ("/endless-continue", "protocol", False, PADDED),
        ("/endless-extensions", "protocol", False, PADDED),
        ("/endless-trailers", "protocol", False, PADDED),
        ("/tiny-chunks", "protocol", False, PADDED),
        ("/nul-header", "protocol", False, NOT_VALID),
        ("/length-nonsense", "protocol", False, NOT_VALID),
        ("/length-long", "protocol", False, NOT_HTTP),
        ("/garbage", "protocol", False, NOT_HTTP),
        ("/http09", "protocol", False, NOT_HTTP),
        ("/switching", "protocol", False, "{} answered with status 101, which is not an answer to a page"),
        ("/reset", "connection", True, "{}: the server reset the connection"),
        ("/hang-up", "connection", True, "{} closed the connection without an answer"),
        ("/half-headers", "connection", True, "{} closed the connection without an answer"),
    ],
)
async def test_broken_answers_end_with_a_reason(
    server: HostileServer, fetcher: HttpFetcher, path: str, reason: str, transient: bool, words: str
) -> None:
    error = await failure(fetcher, server.url(path))
    assert (reason, transient, words.format(server.authority)) == (error.reason, error.transient, error.detail)


async def test_a_refused_connection_is_named(server: HostileServer) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{unused.getsockname()[1]}"
        async with fetching(server, trust=trusting(place)) as fetcher:
            error = await failure(fetcher, f"http://{place}/")
    assert ("connection", True, f"{place}: the connection was refused") == (
        error.reason,
        error.transient,
        error.detail,
    )


async def test_an_unknown_name_is_named(server: HostileServer) -> None:
    async with fetching(server) as fetcher:
        error = await failure(fetcher, "http://no-such-name.invalid/")
    assert "dns" == error.reason
    assert error.detail.startswith("no-such-name.invalid: ")
