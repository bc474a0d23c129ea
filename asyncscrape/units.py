"""Durations, sizes and rates as people write them: "250ms", "16MB", "600/10min"."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
BYTES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}
WINDOWS = {"s": 1.0, "min": 60.0, "h": 3600.0}

DURATION = r"\d{1,9}(\.\d{1,9})?(ms|s|m|h|d)"
SIZE = r"\d{1,15}(\.\d{1,9})?(B|KB|MB|GB)"
RATE = r"[1-9]\d{0,8}/([1-9]\d{0,5})?(s|min|h)"

DURATION_HELP = 'write it like "250ms", "30s", "10m", "2h" or "7d", or as a number of seconds'
SIZE_HELP = 'write it like "64KB", "16MB" or "1GB", or as a number of bytes'
RATE_HELP = 'write it like "5/s", "100/min", "600/10min" or "1000/h"'


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` requests within any `seconds` seconds."""

    count: int
    seconds: float

    def __str__(self) -> str:
        for unit in ("h", "min", "s"):
            number = self.seconds / WINDOWS[unit]
            if number >= 1 and number.is_integer():
                return f"{self.count}/{int(number) if number > 1 else ''}{unit}"
        return f"{self.count}/{self.seconds:g}s"


def duration(value: str | float) -> float:
    """Seconds; a bare number already means seconds. Raises ValueError for anything else."""
    if isinstance(value, str):
        return _scaled(value, DURATION, SECONDS)
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    return float(value)


def size(value: str | int) -> int:
    """Bytes, in powers of 1000; a bare number already means bytes. Raises ValueError for anything else."""
    return round(_scaled(value, SIZE, BYTES)) if isinstance(value, str) else value


def rate(value: str) -> Rate:
    """A quota, such as 600 in any ten minutes. Raises ValueError for anything else."""
    if re.fullmatch(RATE, value, re.ASCII) is None:
        raise ValueError("not a rate")
    count, _, window = value.partition("/")
    number = window.rstrip("sminh")
    return Rate(int(count), int(number or 1) * WINDOWS[window.removeprefix(number)])


def in_words(seconds: float) -> str:
    """Seconds in the spelling of the config: 0.25 is "250ms", 600 is "10m"."""
    for unit in ("d", "h", "m", "s"):
        number = round(seconds / SECONDS[unit], 9)
        if number >= 1 and number.is_integer():
            return f"{int(number)}{unit}"
    return f"{seconds * 1000:g}ms" if 0 < seconds < 1 else f"{seconds:g}s"


def _scaled(text: str, pattern: str, scale: Mapping[str, float]) -> float:
    if re.fullmatch(pattern, text, re.ASCII) is None:
        raise ValueError("not a number with a unit")
    number = text.rstrip("".join(scale))
    return float(number) * scale[text.removeprefix(number)]
