"""What the network has to beat: n-grams of orders 1 to 6, smoothed as Kneser and Ney do.

They get what the network gets by rule: impossible lengths and tones outside the scale have probability 0. `sight`
says what they may see beside the events before: nothing, the place in the bar, or also what was at it bars ago.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from asyncscrape.analysis.generation.tune_events import AGO, LENGTHS, Mask, Tune, pitches_of, read_tune

ORDERS = range(1, 7)
DISCOUNTS = (0.7, 0.85, 0.95, 0.99)
AGO_FROM = 7
"""Where a row of facts begins to tell of bars ago."""

Context = tuple[Hashable, ...]
"""What is seen, the nearest first."""


class Seen(NamedTuple):
    """One event with what can be seen before it."""

    context: Context
    event: tuple[int, int]
    fits: Mask
    allowed: Mask


Sight = Callable[[Sequence[int]], Context]
SIGHTS: dict[str, Sight] = {
    "events": lambda known: (),
    "events and place": lambda known: (known[2],),
    "events, place and 8 bars ago": lambda known: (tuple(known[_ago(8)]), known[2]),
    "events, place and 16, 8 and 4 bars ago": lambda known: (
        tuple(known[_ago(16)]), tuple(known[_ago(8)]), tuple(known[_ago(4)]), known[2]
    ),
}  # fmt: skip


def _ago(bars: int) -> slice:
    begin = AGO_FROM + 2 * AGO.index(bars)
    return slice(begin, begin + 2)


def seen(tunes: Iterable[Tune], sight: Sight) -> Iterator[Seen]:
    """The events of tunes. What `sight` shows counts as nearer than the events before."""
    for tune in tunes:
        read, allowed = read_tune(tune), pitches_of(tune.scale)
        known = read.known.tolist()
        for place, event in enumerate(tune.events):
            before = tuple(map(tuple, reversed(tune.events[max(0, place - ORDERS[-1] + 1) : place])))
            yield Seen((*sight(known[place]), *before), tuple(event), read.fits[place], allowed)


class NGrams:
    """Counts of all contexts, and the probability of each event after them."""

    def __init__(self, some: Iterable[Seen], depth: int) -> None:
        self.depth = depth
        """The longest context."""
        self._counts: list[defaultdict[Context, Counter[int]]] = [defaultdict(Counter) for _ in range(depth + 1)]
        for one in some:
            self._count(one, min(depth, len(one.context)))

    def _count(self, one: Seen, longest: int) -> None:
        """A shorter context counts after how many longer ones an event came, not how often."""
        symbol = one.event[0] * len(LENGTHS) + one.event[1]
        for size in range(longest, -1, -1):
            counts = self._counts[size][one.context[:size]]
            counts[symbol] += 1
            if counts[symbol] > 1:
                break

    def bits(self, some: Sequence[Seen], discount: float) -> float:
        """Bits an event."""
        return float(np.mean([-np.log2(self.probability(one, discount)) for one in some]))

    def probability(self, one: Seen, discount: float) -> float:
        """Of an event after its context."""
        possible = np.outer(one.allowed, one.fits).ravel()
        likely = possible / possible.sum()
        for size in range(min(self.depth, len(one.context)) + 1):
            counts = self._counts[size].get(one.context[:size])
            if counts:
                likely = _mixed(counts, likely, possible, discount)
        return float(likely[one.event[0] * len(LENGTHS) + one.event[1]])


def _mixed(counts: Counter[int], likely: np.ndarray, possible: np.ndarray, discount: float) -> np.ndarray:
    """What was counted, less the discount, which goes to what is likely after a shorter context."""
    symbols = np.fromiter(counts, int, len(counts))
    numbers = np.fromiter(counts.values(), float, len(counts))
    possibly = possible[symbols]
    symbols, numbers = symbols[possibly], numbers[possibly]
    if not len(symbols):
        return likely
    mixed = likely * (discount * len(numbers) / numbers.sum())
    mixed[symbols] += (numbers - discount) / numbers.sum()
    return mixed


class Best(NamedTuple):
    """The best n-gram with some sight."""

    sight: str
    order: int
    discount: float
    bits: float


def best(sight: str, learnt: Sequence[Tune], chosen: Sequence[Tune], held: Sequence[Tune]) -> Best:
    """Order and discount are chosen on some tunes, and the bits an event told of others."""
    see = SIGHTS[sight]
    wide = len(see([0] * (AGO_FROM + 2 * len(AGO))))
    train, some = list(seen(learnt, see)), list(seen(chosen, see))
    found: list[tuple[float, int, float]] = []
    for order in ORDERS:
        grams = NGrams(train, wide + order - 1)
        found += [(grams.bits(some, discount), order, discount) for discount in DISCOUNTS]
    _, order, discount = min(found)
    grams = NGrams(train, wide + order - 1)
    return Best(sight, order, discount, grams.bits(list(seen(held, see)), discount))
