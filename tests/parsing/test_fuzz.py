"""Garbage, for minutes: whatever a page holds, it is read or fails in words, and costs no worker its life."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict
from support.config_files import loaded
from support.trap_pages import RULES

from asyncscrape.jobs.registry import rule_job
from asyncscrape.model import Kind, Request, Response
from asyncscrape.parsing.base import Mishap, Parsed, Unparsed
from asyncscrape.parsing.processes.pool import Budget, Pool
from asyncscrape.urls import canonical

SECONDS = float(os.environ.get("FUZZ_SECONDS", "600"))
AT_ONCE = 64

SEEDS: Sequence[tuple[str, bytes]] = (
    (
        "text/html; charset=utf-8",
        b"<!doctype html><html><head><base href='/b/'><meta name=robots content=index><meta charset=utf-8>"
        b"<link rel=canonical href=/c><title>T</title></head><body><h1>Head <b>1,299.00</b></h1><h2>s</h2>"
        b"<p>12 reviews<div class='tag x'>a<div class=tag>b</div></div><u>12</u><time>2026-11-27</time><i>z</i>"
        b"<a href=/trap/2 rel=nofollow>n</a><a href='//h/x?y=1#z'>l</a><svg><a xlink:href=/q></a></svg><table><td>1",
    ),
    ("application/json", rb'{"data":[{"items":[[1,2.5,"x",null,true],{"a":"\u00e9\ud83d\ude00"}]}],"next":"/2"}'),
    (
        "text/xml",
        b"<?xml version='1.0' encoding='utf-8'?><r xmlns:x='y'><x:a k='v'>t<![CDATA[c]]></x:a><!--c--><?p i?></r>",
    ),
    ("application/xml", b"<urlset><url><loc>http://h.test/a?b=1&c</loc><lastmod>2026-01-01</lastmod></url></urlset>"),
)
TOKENS: Sequence[bytes] = (
    *(b"<", b">", b"&", b"'", b'"', b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"]]>", b"<![CDATA[", b"<!--", b"<?"),
    *(b"&#xD800;", b"&#0;", b"&#99999999999;", b"&lt", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"<svg>", b"</p>"),
    *(b"<template>", b"<frameset>", b"<plaintext>", b"<select>", b"<base href=http://[>", b"<meta charset=utf-7>"),
    *(rb"\ud800", rb"\u0000", b"1e999", b"-0", b"[[", b"]}", b'{"":', b"\xf0\x9f\x98\x80", b"\x1b[2J", b"9" * 400),
    *(b"href='javascript:1'", b"href='http://xn--/'", b"href='%'", b"xmlns='", b"<a href=", b"\x80" * 9),
)
CHARSETS = ("utf-8", "utf-16", "shift_jis", "gb18030", "iso-2022-jp", "big5", "euc-kr", "x-user-defined", "idna")


def mutated(chance: random.Random) -> tuple[str, bytes]:
    """A seed with some of its bytes changed, moved, repeated or replaced by what parsers trip over."""
    kind, body = chance.choice(SEEDS)
    data = bytearray(body)
    ways: Sequence[Callable[[int], None]] = (
        lambda at: data.__setitem__(slice(at, at + chance.randrange(8)), chance.choice(TOKENS)),
        lambda at: data.__setitem__(slice(at, at), data[at : at + 60] * chance.choice((1, 2, 50, 400))),
        lambda at: data.__delitem__(slice(at, at + chance.randrange(40))),
        lambda at: data.__setitem__(slice(at, at + 1), bytes([chance.randrange(256)])),
    )
    for _ in range(chance.choice((1, 2, 5, 20))):
        chance.choice(ways)(chance.randrange(len(data) + 1))
    if chance.random() < 0.3:
        kind = f"{kind.partition(';')[0]}; charset={chance.choice(CHARSETS)}"
    return (chance.choice(SEEDS)[0] if chance.random() < 0.1 else kind), bytes(data[:400_000])


def garbage(seed: int) -> Response:
    chance = random.Random(seed)
    kind, body = mutated(chance)
    path = chance.choice(("trap/1", "trap/rows", "json/1", "good/1"))
    sort = Kind.SITEMAP if chance.random() < 0.15 else Kind.PAGE
    headers = CIMultiDict({"Content-Type": kind, "X-Robots-Tag": chance.choice(("", "nofollow, x", "\xff" * 50))})
    return Response(Request(f"http://h.test/{path}", sort), 200, headers, body, datetime.now(UTC))


def expected(url: str, found: Unparsed) -> bool:
    """Whether garbage may fail like this: it is not what it says, or says more than so small a page may.

    The rule for rows has a regular expression that garbage may keep busy for longer than a page may take.
    """
    slow = ("its parser ran for",) if url.endswith("/rows") else ()
    return found.mishap is Mishap.PARSE or found.why.startswith(("its values are over", "its links are over", *slow))


@pytest.mark.torture
async def test_garbage_is_read_or_fails_in_words(tmp_path: pytest.TempPathFactory) -> None:
    config = loaded(tmp_path, f'name = "fuzz"\nseeds = ["http://h.test/"]\n{RULES}')  # type: ignore[arg-type]
    pool = Pool(rule_job(config).parsers, Budget(1, 10.0, 256_000_000))
    until, seed, odd = time.monotonic() + SECONDS, 0, []
    while time.monotonic() < until:
        seeds = range(seed, seed + AT_ONCE)
        for one, found in zip(seeds, await asyncio.gather(*(pool.read(garbage(n)) for n in seeds)), strict=True):
            if isinstance(found, Unparsed) and not expected(garbage(one).url, found):
                odd.append((one, found.mishap, found.why, found.trace[-600:]))
            if isinstance(found, Parsed):
                odd += [(one, link.url) for link in found.links if canonical(link.url) != link.url]
        seed += AT_ONCE
    await pool.close()
    print(f"{seed:,} pages of garbage")
    assert [] == odd[:5]
