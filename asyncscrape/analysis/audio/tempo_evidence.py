"""What speaks for each tempo that a piece may have.

For drums, voices, cymbals and all together: how alike the onsets are after a quarter of a beat, after a beat, after
two bars, and so on; how many onsets there are in a beat; and the tempo itself, since some are more usual than others.
"""

from __future__ import annotations

import numpy as np

from asyncscrape.analysis.audio.onsets import Curve, moving_mean

SLOWEST, FASTEST = 48.0, 215.0
TEMPOS = np.geomspace(SLOWEST, FASTEST, 240)
"""The tempos that are asked about, in beats a minute."""
DELAYS = np.array([1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 3 / 2, 2, 3, 4, 6, 8])
"""In beats."""
GROUPS = np.array([1.0, 0.7, 0.7])
"""How much drums, voices and cymbals count in all together."""
LOUDEST = 8.0
"""Onsets that are more times louder than their surroundings count no more."""
SMOOTH = np.array([0.25, 0.5, 0.25])
"""Players are not machines: an onset may come a little early or late."""
NEAR = 3
"""Spectra on both sides of an onset in which there is no other."""
STRONG = 0.9
"""The quantile of onsets that count as whole ones; weaker ones count less."""
MIDDLE = 120.0
"""The tempo that usual ones lie around."""


def evidence(curves: Curve, rate: float) -> Curve:
    """Tempos by evidence, given the onsets of three groups so many times a second."""
    periods = 60 * rate / TEMPOS
    heard = [smoothed(standing_out(curve, rate)) for curve in (curves @ GROUPS, *curves.T)]
    alike = [at_delays(autocorrelation(curve), periods[:, None] * DELAYS) for curve in heard]
    counts = np.array([onset_count(curve) / len(curve) for curve in heard])
    per_beat = np.log2(periods[:, None] * counts + 0.05)
    usual = np.log2(TEMPOS / MIDDLE)[:, None] ** np.arange(1, 5)
    return np.concatenate([*alike, per_beat, per_beat**2, usual], axis=1)


def standing_out(curve: Curve, rate: float) -> Curve:
    """What stands out of its surroundings of a second."""
    around = moving_mean(curve, round(rate))
    return np.maximum(0, np.minimum(curve, LOUDEST * around) - around)


def smoothed(curve: Curve) -> Curve:
    """The curve with each onset spread to its neighbours."""
    spread: Curve = np.convolve(curve, SMOOTH, "same")
    return spread


def autocorrelation(curve: Curve) -> Curve:
    """How alike the curve is to itself, by delay; 1 without one."""
    centred = curve - curve.mean()
    size = 1 << (2 * len(curve) - 1).bit_length()
    whole = np.fft.irfft(np.abs(np.fft.rfft(centred, size)) ** 2)[: len(curve)]
    alike: Curve = whole / (np.arange(len(curve), 0, -1) / len(curve)) / (whole[0] + 1e-9)
    return alike


def at_delays(correlation: Curve, delays: Curve) -> Curve:
    """The correlation after these delays, which need not be whole numbers."""
    found: Curve = np.interp(delays, np.arange(len(correlation)), correlation)
    return found


def onset_count(curve: Curve) -> float:
    """How many onsets there are; weak ones count less."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(curve, NEAR), 2 * NEAR + 1)
    peaks = curve[(curve >= windows.max(axis=1)) & (curve > 0)]
    if not len(peaks):
        return 0.0
    return float(np.minimum(1, peaks / np.quantile(peaks, STRONG)).sum())
