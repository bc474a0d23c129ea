"""Fits the network's weights to tunes: whole tunes in batches, back through time, Adam with a falling rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from asyncscrape.analysis.generation.melody_net import COUNT, OUT_OF_QUESTION, UNITS, Floats, unpacked
from asyncscrape.analysis.generation.tune_events import FACTS, Mask, Rows, Tune, pitches_of, read_tune

TOGETHER = 64
"""Tunes in a batch; they are about equally long."""
RATE, DECAYS, TINY = 0.006, (0.9, 0.99), 1e-8
WARM_UP = 20
CLIP = 1.0
"""Longest gradient."""


class Batch(NamedTuple):
    """Tunes side by side: the first axis is time, the second the tune."""

    known: Rows
    fits: Mask
    allowed: Mask
    events: Rows
    there: Floats
    """1 where the tune goes on, 0 after its end."""


class Passed(NamedTuple):
    """What a pass through time leaves for the way back; of each step."""

    inputs: Floats
    states: Floats
    """One more than steps: the first is that before the tune."""
    update: Floats
    reset: Floats
    new: Floats
    kept: Floats
    """What the state before gives to the new one, before the reset gate."""


def batches(tunes: Sequence[Tune]) -> list[Batch]:
    """All tunes, in batches of similar length."""
    order = sorted(range(len(tunes)), key=lambda index: (len(tunes[index].events), index))
    groups = [order[begin : begin + TOGETHER] for begin in range(0, len(order), TOGETHER)]
    return [single_batch([tunes[index] for index in group]) for group in groups]


def single_batch(tunes: Sequence[Tune]) -> Batch:
    """Tunes side by side."""
    read = [read_tune(tune) for tune in tunes]
    longest = max(len(one.events) for one in read)

    def beside(name: str) -> np.ndarray:
        arrays = [getattr(one, name) for one in read]
        return np.stack([np.concatenate([one, np.repeat(one[-1:], longest - len(one), 0)]) for one in arrays], axis=1)

    there = np.array([[step < len(one.events) for one in read] for step in range(longest)], np.float32)
    allowed = np.stack([pitches_of(tune.scale) for tune in tunes])
    return Batch(beside("known"), beside("fits"), allowed, beside("events"), there)


def fit(tunes: Sequence[Tune], steps: int, seed: int) -> Iterator[tuple[int, float, Floats]]:
    """The weights after each step, as one flat array, with the bits a note of the batch before it."""
    random = np.random.default_rng(seed)
    flat = _first_weights(random)
    mean, square = np.zeros_like(flat), np.zeros_like(flat)
    some = batches(tunes)
    for step in range(1, steps + 1):
        bits, gradient = gradients(flat, some[random.integers(len(some))])
        gradient *= np.float32(min(1.0, CLIP / float(np.linalg.norm(gradient))))
        mean += (1 - DECAYS[0]) * (gradient - mean)
        square += (1 - DECAYS[1]) * (gradient**2 - square)
        rate = RATE * min(1.0, step / WARM_UP) * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * step / steps)))
        size = rate / (1 - DECAYS[0] ** step)
        flat -= np.float32(size) * mean / (np.sqrt(square / np.float32(1 - DECAYS[1] ** step)) + TINY)
        yield step, bits, flat


def _first_weights(random: np.random.Generator) -> Floats:
    """Small numbers; state goes to state by a rotation, so that it lasts."""
    flat = np.zeros(COUNT, np.float32)
    weights = unpacked(flat)
    weights.read[:] = random.normal(0, 0.12, weights.read.shape)
    for gate in range(3):
        weights.kept[:, gate * UNITS : (gate + 1) * UNITS] = np.linalg.qr(random.normal(size=(UNITS, UNITS)))[0]
    for head in (weights.length, weights.pitch, weights.pitch_for_length):
        head[:] = random.normal(0, 0.08, head.shape)
    return flat


def gradients(flat: Floats, batch: Batch) -> tuple[float, Floats]:
    """Bits a note, and the direction in which they grow."""
    passed = forward(flat, batch)
    slope = np.zeros_like(flat)
    states = passed.states[1:].reshape(-1, UNITS)
    nats, back = _heads(flat, slope, states, batch)
    _backward(flat, slope, passed, back.reshape(passed.new.shape))
    notes = float(batch.there.sum())
    return nats / notes / np.log(2), slope / np.float32(notes)


def bits_a_note(flat: Floats, tunes: Sequence[Tune]) -> float:
    """How surprising tunes are to the network."""
    total = notes = 0.0
    for batch in batches(tunes):
        states = forward(flat, batch).states[1:].reshape(-1, UNITS)
        total += _heads(flat, np.zeros_like(flat), states, batch)[0]
        notes += float(batch.there.sum())
    return total / notes / float(np.log(2))


def forward(flat: Floats, batch: Batch) -> Passed:
    """Through the tunes."""
    weights = unpacked(flat)
    steps, tunes, facts = batch.known.shape
    inputs = np.zeros((steps * tunes, FACTS), np.float32)
    inputs[np.repeat(np.arange(steps * tunes), facts), batch.known.ravel()] = 1
    came = (inputs @ weights.read + weights.bias).reshape(steps, tunes, 3 * UNITS)
    states = np.zeros((steps + 1, tunes, UNITS), np.float32)
    update, reset, new, kept = (np.empty((steps, tunes, UNITS), np.float32) for _ in range(4))
    for step in range(steps):
        before = states[step] @ weights.kept
        gates = 0.5 + 0.5 * np.tanh(0.5 * (came[step, :, : 2 * UNITS] + before[:, : 2 * UNITS]))
        update[step], reset[step] = gates[:, :UNITS], gates[:, UNITS:]
        kept[step] = before[:, 2 * UNITS :] + weights.new_bias
        new[step] = np.tanh(came[step, :, 2 * UNITS :] + reset[step] * kept[step])
        states[step + 1] = new[step] + update[step] * (states[step] - new[step])
    return Passed(inputs, states, update, reset, new, kept)


def _backward(flat: Floats, slope: Floats, passed: Passed, back: Floats) -> None:
    """Adds the slopes of the recurrent part; `back` is how much each state matters to what is told from it."""
    weights, found = unpacked(flat), unpacked(slope)
    steps, tunes, _ = back.shape
    gates = np.empty((steps, tunes, 3 * UNITS), np.float32)
    kept = np.empty_like(gates)
    later = np.zeros((tunes, UNITS), np.float32)
    for step in reversed(range(steps)):
        state = back[step] + later
        update, reset, new = passed.update[step], passed.reset[step], passed.new[step]
        fresh = state * (1 - update) * (1 - new**2)
        gates[step, :, :UNITS] = state * (passed.states[step] - new) * update * (1 - update)
        gates[step, :, UNITS : 2 * UNITS] = fresh * passed.kept[step] * reset * (1 - reset)
        gates[step, :, 2 * UNITS :] = fresh
        kept[step] = gates[step]
        kept[step, :, 2 * UNITS :] *= reset
        later = state * update + kept[step] @ weights.kept.T
    flat_gates = gates.reshape(-1, 3 * UNITS)
    flat_kept = kept.reshape(-1, 3 * UNITS)
    found.read[:] += passed.inputs.T @ flat_gates
    found.bias[:] += flat_gates.sum(axis=0)
    found.kept[:] += passed.states[:-1].reshape(-1, UNITS).T @ flat_kept
    found.new_bias[:] += flat_kept[:, 2 * UNITS :].sum(axis=0)


def _heads(flat: Floats, slope: Floats, states: Floats, batch: Batch) -> tuple[float, Floats]:
    """The surprise in nats, and how much each state matters to it; adds the slopes of the heads."""
    weights, found = unpacked(flat), unpacked(slope)
    there = batch.there.reshape(-1, 1)
    pitch, length = batch.events.reshape(-1, 2).T
    allowed = np.broadcast_to(batch.allowed, (*batch.there.shape, batch.allowed.shape[1])).reshape(len(states), -1)
    in_length = states @ weights.length[:-1] + weights.length[-1]
    in_pitch = states @ weights.pitch[:-1] + weights.pitch[-1] + weights.pitch_for_length[length]
    nats_length, off_length = _surprise(in_length, batch.fits.reshape(len(states), -1), length, there)
    nats_pitch, off_pitch = _surprise(in_pitch, allowed, pitch, there)
    np.add.at(found.pitch_for_length, length, off_pitch)
    for head, off in ((found.length, off_length), (found.pitch, off_pitch)):
        head[:-1] += states.T @ off
        head[-1] += off.sum(axis=0)
    return nats_length + nats_pitch, off_length @ weights.length[:-1].T + off_pitch @ weights.pitch[:-1].T


def _surprise(scores: Floats, allowed: Mask, truth: Rows, there: Floats) -> tuple[float, Floats]:
    """The surprise at the truth in nats, and how far the probabilities are off."""
    scores = np.where(allowed, scores, np.float32(OUT_OF_QUESTION))
    scores -= scores.max(axis=1, keepdims=True)
    likely = np.exp(scores)
    total = likely.sum(axis=1, keepdims=True)
    rows = np.arange(len(truth))
    nats = float(((np.log(total)[:, 0] - scores[rows, truth]) * there[:, 0]).sum())
    off = likely / total
    off[rows, truth] -= 1
    return nats, off * there
