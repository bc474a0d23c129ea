"""The blocks of the page `tracks.html`: everything comes back out of them, and they fit into the page."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.music_tables import comment, music, track

from asyncscrape.jobs.music.report.comment_blocks import CUTS, NO_TIME, BlockContents, Blocks, blocks, on_page
from asyncscrape.jobs.music.report.stored_music import felt
from asyncscrape.jobs.music.report.waveform_files import POINTS
from asyncscrape.jobs.music.track_times import LONGEST_SOUND

Said = tuple[int | None, str, str]


def contents(tracks: int, comments: list[dict[str, Any]]) -> BlockContents:
    stored = music(tracks=[track(n, duration_ms=None) for n in range(tracks)], comments=comments)
    waves = np.arange(tracks, dtype=np.uint8).repeat(POINTS).reshape(tracks, POINTS)
    return BlockContents(on_page(felt(stored), stored.tracks), waves, [b'{"n":%d}' % n for n in range(tracks)])


def unpacked(made: Blocks) -> list[list[Said]]:
    """The comments of each track, read as the page reads them."""
    found = []
    ends = [*made.starts[1:], len(made.kept)]
    for text, first, last in zip(made.texts, made.starts, ends, strict=True):
        content = zlib.decompress(base64.b64decode(text), wbits=-15)
        tracks, number, waves = last - first, sum(made.kept[first:last]), (last - first) * POINTS
        assert bytes(content[:waves:POINTS]) == bytes(range(first, last))
        low, high = content[waves : waves + number], content[waves + number : waves + 2 * number]
        assert bytes(number) == content[waves + 2 * number : waves + 3 * number]
        lines = content[waves + 3 * number :].decode().split("\n")
        assert [{"n": n} for n in range(first, last)] == [msgspec.json.decode(line) for line in lines[:tracks]]
        steps = [a + 256 * b for a, b in zip(low, high, strict=True)]
        said = list(zip(steps, lines[tracks : tracks + number], lines[tracks + number :], strict=True))
        for kept in made.kept[first:last]:
            found.append(_in_seconds(said[:kept]))
            del said[:kept]
    return found


def _in_seconds(said: list[tuple[int, str, str]]) -> list[Said]:
    second, found = 0, []
    for step, who, what in said:
        second += 0 if step == NO_TIME else step
        found.append((None if step == NO_TIME else second, who, what))
    return found


seconds = st.none() | st.floats(0, 100_000, width=32)
stored_comments = st.lists(st.tuples(st.integers(0, 4), seconds, st.text(max_size=8)), max_size=30)


@settings(deadline=None, max_examples=8)
@given(stored_comments)
def test_every_comment_comes_back(said: list[tuple[int, float | None, str]]) -> None:
    rows = [comment(n, number, at, body) for n, (number, at, body) in enumerate(said)]
    found = unpacked(blocks(contents(5, rows), 10**6))
    expected: list[list[Any]] = [[] for _ in range(5)]
    for n, (number, at, _) in enumerate(said):
        timed = at is not None and at <= LONGEST_SOUND
        expected[number].append((min(int(at or 0), NO_TIME - 1) if timed else None, f"fan-{n}"))
    order = [sorted(own, key=lambda one: (one[0] is None, one[0])) for own in expected]
    assert [[at for at, _ in own] for own in order] == [[at for at, *_ in own] for own in found]
    assert [set(own) for own in expected] == [{(at, who) for at, who, _ in own} for own in found]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("two\r\nlines\tand\x00more", "two lines and more"),
        ("x" * 140, "x" * 140),
        ("x" * 141, "x" * 139 + "…"),
        ("א\u202e</script>🔥", "א\u202e</script>🔥"),
        (None, ""),
    ],
)
def test_a_comment_is_one_line_of_a_bounded_length(body: Any, line: str) -> None:
    assert [[(5, "fan-1", line)]] == unpacked(blocks(contents(1, [comment(1, 0, 5.9, body)]), 10**6))


def test_what_does_not_fit_is_cut_until_it_does() -> None:
    chance = np.random.default_rng(1)
    bodies = ["".join(map(chr, chance.integers(97, 123, 130))) for _ in range(2400)]
    whole = contents(8, [comment(n, n % 8, n % 500, body) for n, body in enumerate(bodies)])
    sizes = {}
    for budget in (400_000, 200_000, 100_000, 30_000):
        made = blocks(whole, budget)
        sizes[made.cut] = sum(map(len, made.texts))
        assert sizes[made.cut] <= budget
        assert max(map(len, (what for own in unpacked(made) for _, _, what in own))) == min(130, made.cut.characters)
        assert [min(300, made.cut.comments)] * 8 == list(made.kept)
    assert sorted(sizes, key=CUTS.index) == list(sizes)
    assert 4 == len(sizes)
    newest = {who for own in unpacked(made) for _, who, _ in own}
    assert {f"fan-{n}" for n in range(2400 - len(newest), 2400)} == newest


def test_a_page_without_room_has_no_comments() -> None:
    made = blocks(contents(3, [comment(n, 1, 1, "x") for n in range(9)]), 1)
    assert ([[], [], []], CUTS[-1]) == (unpacked(made), made.cut)


def test_no_tracks_make_no_blocks() -> None:
    assert [] == list(blocks(contents(0, []), 10**6).texts)
