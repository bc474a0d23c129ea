"""Covers that follow artworks: pictures on the disk, the colours that are found in them, and those of the cover."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from asyncscrape.analysis.generation.artwork_colours import Artwork, ArtworkColours, colours_of
from asyncscrape.analysis.generation.cover_art import drawn
from asyncscrape.analysis.generation.oklch import oklch, rgb
from asyncscrape.analysis.generation.palettes import HUES

RED, YELLOW, GREEN, BLUE = 25.0, 100.0, 145.0, 262.0


def artworks(folder: Path, *some: tuple[float, float], chroma: float = 0.12) -> Iterable[Artwork]:
    """Artworks of one colour: their hues and moods."""
    for number, (hue, mood) in enumerate(some):
        path = folder / f"{number}.png"
        colour = tuple(np.rint(255 * rgb(0.6, chroma, hue)).astype(int).tolist())
        Image.new("RGB", (64, 64), colour).save(path)
        yield Artwork(path, mood, 10)


def sad_and_happy(folder: Path, sad: float, happy: float) -> ArtworkColours:
    moods = np.linspace(0.2, 1, 15)
    return colours_of(artworks(folder, *((sad, -mood) for mood in moods), *((happy, mood) for mood in moods)))


def leading_hue(pixels: NDArray[np.uint8]) -> float:
    """The mean hue of a picture, each pixel as strong as it is colourful."""
    found = oklch(pixels)
    turned = (found.chroma * np.exp(1j * np.radians(found.hue))).sum()
    return float(np.degrees(np.angle(turned)) % 360)


def apart(one: float, other: float) -> float:
    return abs((one - other + 180) % 360 - 180)


def test_a_colour_is_the_same_there_and_back() -> None:
    for hue in (25, 120, 300):
        pixel = np.rint(255 * rgb(0.6, 0.08, hue)).astype(np.uint8)
        there = oklch(pixel.reshape(1, 1, 3))
        assert (0.6, 0.08) == pytest.approx((there.lightness[0], there.chroma[0]), abs=0.005)
        assert apart(hue, float(there.hue[0])) < 3


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_cover_has_the_hue_of_artworks_of_its_mood(tmp_path: Path, seed: int) -> None:
    colours = sad_and_happy(tmp_path, RED, GREEN)
    for mood, hue in ((-0.7, RED), (0.7, GREEN)):
        assert apart(hue, leading_hue(drawn(mood, seed, 60, colours.near(mood)))) < 60


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_happier_cover_stays_lighter_and_more_colourful(tmp_path: Path, seed: int) -> None:
    moods = np.linspace(-1, 1, 30)
    opposite = colours_of(
        artwork
        for number, mood in enumerate(moods)
        for artwork in artworks(tmp_path, (YELLOW if mood < 0 else BLUE, mood), chroma=0.1 - 0.09 * mood)
    )
    sad, happy = (oklch(drawn(mood, seed, 60, opposite.near(mood))) for mood in (-0.9, 0.9))
    assert sad.lightness.mean() + 0.15 < happy.lightness.mean()
    assert sad.chroma.mean() < happy.chroma.mean()


def test_grey_artworks_leave_the_hue_to_the_studies(tmp_path: Path) -> None:
    colours = colours_of(artworks(tmp_path, *((RED, 0.8) for _ in range(25)), chroma=0.001))
    assert apart(YELLOW, leading_hue(drawn(0.9, 1, 60, colours.near(0.9)))) < 50


def test_the_shapes_are_those_of_the_seed_and_the_picture_is_always_the_same(tmp_path: Path) -> None:
    colours = sad_and_happy(tmp_path, BLUE, BLUE)
    plain, first, again = (drawn(0.8, 2, 200, leaning) for leaning in (None, colours.near(0.8), colours.near(0.8)))
    assert np.array_equal(first, again)
    assert not np.array_equal(plain, first)
    light, other = (oklch(picture).lightness for picture in (plain, first))
    assert np.corrcoef(light, other)[0, 1] > 0.95


def test_more_comments_count_more(tmp_path: Path) -> None:
    red, blue = artworks(tmp_path, (RED, 0.5), (BLUE, 0.5))
    loud = colours_of([red._replace(comments=900), blue]).near(0.5).hues
    assert loud[HUES.searchsorted(RED)] > 5 * loud[HUES.searchsorted(BLUE)]


def test_artworks_that_are_further_away_count_where_few_are_near(tmp_path: Path) -> None:
    colours = colours_of(artworks(tmp_path, (RED, -1.0), *((BLUE, 0.5 + number / 100) for number in range(30))))
    near = colours.near(-1).hues
    assert near[HUES.searchsorted(BLUE)] > near[HUES.searchsorted(RED)] > 0


def test_colours_that_are_seen_through_do_not_count(tmp_path: Path) -> None:
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    colours = colours_of([Artwork(tmp_path / "clear.png", 0.5, 10)])
    assert 0 == pytest.approx(colours.hues.sum(), abs=1e-6)


def test_what_is_no_picture_is_counted_and_left_out(tmp_path: Path) -> None:
    [good] = artworks(tmp_path, (RED, 0.5))
    whole = good.path.read_bytes()
    Image.new("L", (8_000, 6_000)).save(tmp_path / "large.png")
    Image.new("L", (10_000, 10_000)).save(tmp_path / "larger.png")
    for name, content in (("cut.png", whole[:60]), ("page.jpg", b"<html>"), ("empty.png", b"")):
        (tmp_path / name).write_bytes(content)
    names = ("large.png", "larger.png", "cut.png", "page.jpg", "empty.png", "gone.png", ".")
    found = colours_of([*(Artwork(tmp_path / name, 0.5, 10) for name in names), good])
    assert (len(names), 1) == (found.unreadable, len(found.moods))


@pytest.mark.parametrize("ending", ["jpg", "png", "gif", "webp", "bmp"])
def test_pictures_of_all_kinds_are_read_and_damage_is_no_crash(tmp_path: Path, ending: str) -> None:
    whole = tmp_path / f"whole.{ending}"
    random = np.random.default_rng(3)
    Image.fromarray(random.integers(0, 256, (40, 40, 3), np.uint8)).save(whole)
    assert 0 == colours_of([Artwork(whole, 0.0, 1)]).unreadable
    content = np.frombuffer(whole.read_bytes(), np.uint8)
    for number in range(60):
        damaged = content.copy()
        damaged[random.integers(0, min(len(damaged), 400), 6)] = random.integers(0, 256, 6)
        path = tmp_path / f"{number}.{ending}"
        path.write_bytes(damaged.tobytes())
        found = colours_of([Artwork(path, 0.0, 1)])
        assert 1 == found.unreadable + len(found.moods)
