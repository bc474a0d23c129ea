"""Numbers written for people: counts, sizes and spans of time, short and of steady width."""

from __future__ import annotations


def count(number: float) -> str:
    """12345 → "12,345"."""
    return f"{number:,.0f}"


def rate(per_second: float) -> str:
    """A pace to three significant digits: "0.42", "8.13", "152"."""
    if per_second >= 100:
        return f"{per_second:,.0f}"
    return f"{per_second:.1f}" if per_second >= 10 else f"{per_second:.2f}"


def size(number: float) -> str:
    """Bytes in powers of 1000, as the config writes them: "950 B", "64.0 KB", "1.2 GB"."""
    if number < 1000:
        return f"{number:.0f} B"
    for unit in ("KB", "MB", "GB"):
        number /= 1000
        if number < 999.95:
            return f"{number:.1f} {unit}"
    return f"{number / 1000:,.1f} TB"


def clock(seconds: float) -> str:
    """A running time: "0:07", "12:34", "1:02:03"."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def span(seconds: float) -> str:
    """A span in its largest unit: "250 ms", "1.2 s", "42 s", "7 min", "3.1 h"."""
    if 0 < seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s".replace(".0 ", " ")
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
