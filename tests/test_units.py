from __future__ import annotations

import pytest

from asyncscrape.units import Rate, duration, in_words, rate, size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("30s", 30.0),
        ("10m", 600.0),
        ("2h", 7200.0),
        ("7d", 604_800.0),
        ("1.5s", 1.5),
        ("0s", 0.0),
        (3, 3.0),
        (0.5, 0.5),
    ],
)
def test_durations_are_seconds(text: str | float, seconds: float) -> None:
    assert seconds == duration(text)


@pytest.mark.parametrize(
    "text", ["", "1", "s", "1 s", "1sec", "-1s", "1s\n", "٣s", "1e3s", "9" * 400 + "s", float("inf")]
)
def test_other_durations_are_refused(text: str | float) -> None:
    with pytest.raises(ValueError):
        duration(text)


@pytest.mark.parametrize(
    ("text", "number"), [("64KB", 64_000), ("16MB", 16_000_000), ("1GB", 10**9), ("1.5KB", 1500), ("9B", 9), (7, 7)]
)
def test_sizes_are_bytes_in_powers_of_1000(text: str | int, number: int) -> None:
    assert number == size(text)


@pytest.mark.parametrize("text", ["", "1", "MB", "1mb", "1 MB", "1KiB", "-1B", "9" * 400 + "GB"])
def test_other_sizes_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        size(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5/s", Rate(5, 1.0)),
        ("100/min", Rate(100, 60.0)),
        ("600/10min", Rate(600, 600.0)),
        ("1000/h", Rate(1000, 3600.0)),
        ("10/30s", Rate(10, 30.0)),
        ("1/24h", Rate(1, 86400.0)),
    ],
)
def test_rates_are_a_count_in_a_window(text: str, expected: Rate) -> None:
    assert expected == rate(text)
    assert text == str(expected)


@pytest.mark.parametrize("text", ["", "5", "/s", "0/s", "5/0s", "5/m", "5/ms", "5 /s", "-5/s", "5/s\n"])
def test_other_rates_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        rate(text)


@pytest.mark.parametrize("text", ["250ms", "1ms", "30s", "90s", "10m", "2h", "7d", "1.5s", "0s"])
def test_seconds_are_told_as_they_are_written(text: str) -> None:
    assert text == in_words(duration(text))
