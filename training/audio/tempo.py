"""Finds the weights by which the tempo is told, from made pieces, and writes them into the program.

    python training/audio/tempo.py [--pieces 900] [--seed 1000]

The weights make each tempo of a piece more or less probable, so that the true ones of all pieces are as probable as
can be (a softmax over tempos, with a small hidden layer). benchmarks/audio.py measures with pieces of other seeds.
It also prints how well each style is told by weights that were found without it: what new music may be like.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from audio_pieces import RATE, pieces  # noqa: E402

from asyncscrape.analysis.audio.onsets import growth, onsets  # noqa: E402
from asyncscrape.analysis.audio.spectra import SpectraReader  # noqa: E402
from asyncscrape.analysis.audio.tempo_evidence import TEMPOS, evidence  # noqa: E402

WEIGHTS = ROOT / "asyncscrape/analysis/audio/tempo_weights.py"
HIDDEN = 8
EPOCHS, BATCH, RATE_OF_LEARNING, DECAY = 60, 50, 5e-3, 1e-3
TRUE_WITHIN = 0.012
"""Octaves around the true tempo that are nearly as true."""
Values = NDArray[np.float64]


class Pieces(NamedTuple):
    """What is known of some pieces."""

    evidence: Values
    """Pieces by tempos by evidence."""
    bpm: Values
    style: NDArray[np.str_]

    def where(self, chosen: NDArray[np.bool_]) -> Pieces:
        """Some of them."""
        return Pieces(*(values[chosen] for values in self))


class Weights(NamedTuple):
    """What is found."""

    hidden: Values
    shift: Values
    output: Values
    direct: Values


def heard(count: int, seed: int) -> Pieces:
    """The evidence in made pieces."""
    found, bpm, styles = [], [], []
    for piece in pieces(count, seed):
        reader = SpectraReader(RATE, 2)
        reader.add(piece.samples)
        spectra = reader.read()
        found.append(evidence(onsets(growth(spectra)), spectra.rate))
        bpm.append(piece.bpm)
        styles.append(piece.style)
    return Pieces(np.array(found), np.array(bpm), np.array(styles))


def trained(known: Pieces, means: Values, spreads: Values) -> Weights:
    """Weights that make the true tempos probable, by Adam."""
    random = np.random.default_rng(0)
    scaled = (known.evidence - means) / spreads
    near = np.exp(-0.5 * (np.log2(TEMPOS / known.bpm[:, None]) / TRUE_WITHIN) ** 2)
    wanted = near / near.sum(axis=1, keepdims=True)
    width = scaled.shape[2]
    weights = [random.standard_normal((width, HIDDEN)) * width**-0.5, np.zeros(HIDDEN)]
    weights += [random.standard_normal(HIDDEN) * 0.1, np.zeros(width)]
    first = [np.zeros_like(some) for some in weights]
    second = [np.zeros_like(some) for some in weights]
    step = 0
    for epoch in range(EPOCHS):
        speed = RATE_OF_LEARNING * (0.5 + 0.5 * np.cos(np.pi * epoch / EPOCHS))
        for batch in np.array_split(random.permutation(len(scaled)), max(1, len(scaled) // BATCH)):
            step += 1
            for place, slope in enumerate(slopes(Weights(*weights), scaled[batch], wanted[batch])):
                first[place] = 0.9 * first[place] + 0.1 * slope
                second[place] = 0.999 * second[place] + 0.001 * slope**2
                size = np.sqrt(second[place] / (1 - 0.999**step)) + 1e-8
                weights[place] = weights[place] - speed * first[place] / (1 - 0.9**step) / size
    return Weights(*weights)


def scores(weights: Weights, scaled: Values) -> tuple[Values, Values]:
    """The scores of tempos, and the hidden values behind them."""
    hidden = np.tanh(scaled @ weights.hidden + weights.shift)
    return hidden @ weights.output + scaled @ weights.direct, hidden


def slopes(weights: Weights, scaled: Values, wanted: Values) -> tuple[Values, ...]:
    """How the error changes with each weight."""
    found, hidden = scores(weights, scaled)
    chances = np.exp(found - found.max(axis=1, keepdims=True))
    error = (chances / chances.sum(axis=1, keepdims=True) - wanted) / len(scaled)
    behind = error[..., None] * weights.output * (1 - hidden**2)
    return (
        np.einsum("ptf,pth->fh", scaled, behind, optimize=True) + DECAY * weights.hidden,
        behind.sum(axis=(0, 1)),
        np.einsum("pt,pth->h", error, hidden) + DECAY * weights.output,
        np.einsum("pt,ptf->f", error, scaled) + DECAY * weights.direct,
    )


def accuracy(weights: Weights, known: Pieces, means: Values, spreads: Values) -> float:
    """The share of pieces whose tempo is told within 4 %."""
    best = TEMPOS[scores(weights, (known.evidence - means) / spreads)[0].argmax(axis=1)]
    return float((np.abs(best / known.bpm - 1) < 0.04).mean())


def written(weights: Weights, means: Values, spreads: Values, count: int, seed: int) -> str:
    """The module of the program that holds the weights."""
    hidden = np.vstack([weights.hidden, weights.shift])
    output = np.concatenate([weights.direct, weights.output])
    parts = {"MEANS": means, "SPREADS": spreads, "HIDDEN": hidden, "OUTPUT": output}
    found = f"training/audio/tempo.py found them in {count} pieces of seed {seed}"
    title = f'"""The weights by which the tempo is told; {found}."""'
    head = [title, "", "from __future__ import annotations", "", "import numpy as np", ""]
    return "\n".join([*head, *(as_code(name, values) for name, values in parts.items()), ""])


def as_code(name: str, values: Values) -> str:
    """A line of Python that makes an array of a text."""
    text = textwrap.fill(" ".join(f"{value:.3f}" for value in values.ravel()), 116)
    shaped = f".reshape{values.shape}" if values.ndim > 1 else ""
    return f'{name} = np.fromstring("""\n{text}\n""", sep=" "){shaped}'


def main() -> None:
    """Find the weights, write them, and print how well styles are told that were left out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pieces", type=int, default=900)
    parser.add_argument("--seed", type=int, default=1000)
    asked = parser.parse_args()
    known = heard(asked.pieces, asked.seed)
    means, spreads = known.evidence.mean(axis=(0, 1)), known.evidence.std(axis=(0, 1)) + 1e-6
    whole = trained(known, means, spreads)
    WEIGHTS.write_text(written(whole, means, spreads, asked.pieces, asked.seed), "utf-8")
    print(f"all styles, the same pieces: {accuracy(whole, known, means, spreads):.3f}")
    for style in dict.fromkeys(known.style):
        others = trained(known.where(known.style != style), means, spreads)
        left_out = known.where(known.style == style)
        print(f"without {style}: {accuracy(others, left_out, means, spreads):.2f}", flush=True)


if __name__ == "__main__":
    main()
