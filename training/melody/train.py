"""Makes `melody_weights.npy`: `python -m training.melody.train`. The same machine makes the same bytes again.

Tunes for training, for choosing and for the final figures are composed from different seeds.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from asyncscrape.analysis import generation
from asyncscrape.analysis.generation.melody_net import COUNT, FILE
from asyncscrape.analysis.generation.tune_events import Tune
from training.melody.composer import compose
from training.melody.fitting import bits_a_note, fit

TUNES = 6_000
STEPS = 800
SEED = 20_261_127
TRAINING, CHOOSING, HELD_OUT = 1, 2, 3
"""Kinds of tunes; each has seeds of its own."""


def tunes(kind: int, count: int) -> Sequence[Tune]:
    """The first tunes of a kind."""
    return [compose(np.random.default_rng([SEED, kind, number])) for number in range(count)]


def main() -> None:
    """Train, and write the weights."""
    begun = time.process_time()
    learnt, chosen = tunes(TRAINING, TUNES), tunes(CHOOSING, 100)
    flat = np.zeros(COUNT, np.float32)
    for step, bits, flat in fit(learnt, STEPS, SEED):  # noqa: B007
        if step % 50 == 0:
            print(f"step {step}: {bits:.3f} bits a note; {time.process_time() - begun:.0f} s", flush=True)
    kept = flat.astype(np.float16)
    print(f"{COUNT} weights, {bits_a_note(kept.astype(np.float32), chosen):.3f} bits a note on other tunes")
    target = Path(generation.__path__[0]) / FILE
    np.save(target, kept)
    print(f"wrote {target.name}, {target.stat().st_size / 1000:.0f} kB, in {time.process_time() - begun:.0f} s")


if __name__ == "__main__":
    main()
