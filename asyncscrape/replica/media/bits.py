"""Codes of any length as a stream of bits, all at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def stream(codes: Ints, lengths: Ints) -> NDArray[np.uint8]:
    """The bits of the codes, one code after the other, the highest bit of each first."""
    ends = np.cumsum(lengths)
    shifts = np.repeat(ends, lengths) - np.arange(1, ends[-1] + 1)
    bits: NDArray[np.uint8] = (np.repeat(codes, lengths) >> shifts & 1).astype(np.uint8)
    return bits
