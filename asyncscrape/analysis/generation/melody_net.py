"""The network that goes on with tunes: one layer of gated recurrent units, read from a file of weights.

`training/melody` makes the file. The network tells how probable each length of the next event is, and then, for
a length, how probable each pitch is. What is impossible (a length beyond the bar, a tone outside the scale) has
probability 0, in training as here.
"""

from __future__ import annotations

from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asyncscrape.analysis.generation.tune_events import FACTS, LENGTHS, PITCHES, Mask, Rows

UNITS = 84
FILE = "melody_weights.npy"
OUT_OF_QUESTION = -1e9

Floats = NDArray[np.float32]


class MelodyWeights(NamedTuple):
    """What training finds; gates are in the order update, reset, new."""

    read: Floats
    """From facts to gates."""
    kept: Floats
    """From the state before to gates."""
    bias: Floats
    new_bias: Floats
    """Added to what the reset gate lets through."""
    length: Floats
    """From the state to lengths; the last row is added for all states."""
    pitch: Floats
    """From the state to pitches; the last row is added for all states."""
    pitch_for_length: Floats


SHAPES: tuple[tuple[int, ...], ...] = (
    (FACTS, 3 * UNITS),
    (UNITS, 3 * UNITS),
    (3 * UNITS,),
    (UNITS,),
    (UNITS + 1, len(LENGTHS)),
    (UNITS + 1, PITCHES),
    (len(LENGTHS), PITCHES),
)
"""Rows and columns of the weights, in their order."""
COUNT = sum(int(np.prod(shape)) for shape in SHAPES)


def unpacked(flat: Floats) -> MelodyWeights:
    """The weights that lie one after the other in an array."""
    ends = np.cumsum([int(np.prod(shape)) for shape in SHAPES])
    parts = np.split(flat[: ends[-1]], ends[:-1])
    return MelodyWeights(*(part.reshape(shape) for part, shape in zip(parts, SHAPES, strict=True)))


def stored_weights() -> MelodyWeights:
    """The weights that come with the program."""
    with resources.files("asyncscrape.analysis.generation").joinpath(FILE).open("rb") as file:
        return unpacked(np.load(file, allow_pickle=False).astype(np.float32))


def next_state(weights: MelodyWeights, state: Floats, known: Rows) -> Floats:
    """The state after reading what is known now; of several readers at once where there are rows of each."""
    came = weights.read[known].sum(axis=-2) + weights.bias
    kept = state @ weights.kept
    update, reset = np.split(_sigmoid(came[..., : 2 * UNITS] + kept[..., : 2 * UNITS]), 2, axis=-1)
    new = np.tanh(came[..., 2 * UNITS :] + reset * (kept[..., 2 * UNITS :] + weights.new_bias))
    moved: Floats = (1 - update) * new + update * state
    return moved


def length_scores(weights: MelodyWeights, state: Floats, fits: Mask) -> Floats:
    """How much speaks for each length, as logarithms."""
    return _masked(state @ weights.length[:-1] + weights.length[-1], fits)


def pitch_scores(weights: MelodyWeights, state: Floats, length: int, allowed: Mask) -> Floats:
    """How much speaks for each pitch of an event that lasts so long, as logarithms."""
    return _masked(state @ weights.pitch[:-1] + weights.pitch[-1] + weights.pitch_for_length[length], allowed)


def surprise(scores: Floats, truth: int) -> Floats:
    """How much less probable the truth is than certain, in nats."""
    total = scores.max(axis=-1) + np.log(np.exp(scores - scores.max(axis=-1, keepdims=True)).sum(axis=-1))
    nats: Floats = total - scores[..., truth]
    return nats


def _masked(scores: Floats, allowed: Mask) -> Floats:
    return np.where(allowed, scores, np.float32(OUT_OF_QUESTION))


def _sigmoid(value: Floats) -> Floats:
    half: Floats = 0.5 + 0.5 * np.tanh(0.5 * value)
    return half
