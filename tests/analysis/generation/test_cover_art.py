from __future__ import annotations

import numpy as np
import pytest

from asyncscrape.analysis.generation.cover_art import drawn
from asyncscrape.analysis.generation.oklch import rgb
from asyncscrape.analysis.generation.outlines import Body, lay_body


def test_a_cover_is_always_the_same_for_a_mood_and_a_seed() -> None:
    first, again, other, sadder = (drawn(mood, seed, 60) for mood, seed in ((0.5, 1), (0.5, 1), (0.5, 2), (-0.5, 1)))
    assert (60, 60, 3) == first.shape
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, sadder)


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_happier_cover_is_lighter_and_more_colourful(seed: int) -> None:
    def light_and_colour(mood: float) -> tuple[float, float]:
        pixels = drawn(mood, seed, 48).astype(float)
        return float(pixels.mean()), float((pixels.max(axis=2) - pixels.min(axis=2)).mean())

    sad, happy = light_and_colour(-0.9), light_and_colour(0.9)
    assert sad[0] < happy[0]
    assert sad[1] < happy[1]


def test_every_colour_can_be_shown() -> None:
    for hue in range(0, 360, 15):
        for lightness in (0.0, 0.3, 0.7, 1.0):
            colour = rgb(lightness, 0.3, hue)
            assert 0 <= colour.min() <= colour.max() <= 1
    assert np.allclose(1, rgb(1, 0, 0), atol=1e-3)


def test_a_round_body_is_a_disc_and_a_pointed_one_is_smaller() -> None:
    def area(pointed: float) -> float:
        canvas = np.zeros((200, 200, 3), np.float32)
        lay_body(canvas, Body(0.5, 0.5, 0.25, 5, pointed, 0.3), np.ones(3, np.float32), 1.0)
        return float(canvas[:, :, 0].mean())

    assert abs(np.pi / 16 - area(0)) < 1e-3
    assert area(1) < 0.7 * area(0)


def test_a_body_outside_the_picture_changes_nothing() -> None:
    canvas = np.zeros((20, 20, 3), np.float32)
    lay_body(canvas, Body(2, 2, 0.25, 5, 0.5, 0.3), np.ones(3, np.float32), 1.0)
    assert not canvas.any()
