"""What is known about one comment."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Label(StrEnum):
    """What a comment says about the music. `NOISE` says nothing about it."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"
    NOISE = "noise"


class Probabilities(msgspec.Struct, frozen=True, gc=False):
    """How probable each label is; together they make 1."""

    positive: float
    neutral: float
    negative: float
    noise: float


class Judgement(msgspec.Struct, frozen=True):
    """What one comment says, and how sure that is."""

    label: Label
    """The most probable one."""
    probability: float
    """How probable that label is."""
    sure: bool
    """False for an abstention: the label is a guess that statistics should leave out."""
    language: str
    """A code of ISO 639-1, or "und" where the comment does not show its language."""
    probabilities: Probabilities
