"""The file of the trained weights, which lies beside this module; `make sentiment-model` writes it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asyncscrape.analysis.sentiment.linear_model import LinearModel

FILE = Path(__file__).with_name("weights.npz")
FINEST = 127
"""The largest whole number that a weight is stored as."""


@dataclass(frozen=True)
class Trained:
    """All that the training found."""

    labels: LinearModel
    languages: LinearModel
    language_codes: tuple[str, ...]
    sure_from: float
    """The probability from which a label is no guess."""


def read_weights(path: Path = FILE) -> Trained:
    """Read what `write_weights` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        parts = dict(stored)
    return Trained(
        labels=_model(parts, "labels"),
        languages=_model(parts, "languages"),
        language_codes=tuple(map(str, parts["language_codes"])),
        sure_from=float(parts["sure_from"]),
    )


@cache
def model_name() -> str:
    """The name of these weights: others have another one."""
    return sha256(FILE.read_bytes()).hexdigest()[:12]


def write_weights(trained: Trained, path: Path = FILE) -> None:
    """Write weights as whole numbers of eight bits, with a scale for each class."""
    np.savez_compressed(
        path,
        allow_pickle=False,
        language_codes=np.array(trained.language_codes),
        sure_from=np.float32(trained.sure_from),
        **_parts(trained.labels, "labels"),
        **_parts(trained.languages, "languages"),
    )


def _parts(model: LinearModel, name: str) -> dict[str, NDArray[np.generic]]:
    scale = np.maximum(np.abs(model.weights).max(axis=1), 1e-9) / np.float32(FINEST)
    rounded = np.rint(model.weights / scale[:, None]).astype(np.int8)
    return {f"{name}_weights": rounded, f"{name}_scale": scale, f"{name}_bias": model.bias}


def _model(parts: dict[str, NDArray[np.generic]], name: str) -> LinearModel:
    weights = parts[f"{name}_weights"].astype(np.float32) * parts[f"{name}_scale"].astype(np.float32)[:, None]
    return LinearModel(weights, parts[f"{name}_bias"].astype(np.float32))
