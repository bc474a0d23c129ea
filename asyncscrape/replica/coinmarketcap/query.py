"""Reading the parameters of a request."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import parse_qsl


class BadParameter(ValueError):
    """A parameter that the source refuses, in the source's own words."""


class Query:
    """The parameters by name; the last one counts."""

    def __init__(self, text: str) -> None:
        self._values = dict(parse_qsl(text))

    def text(self, name: str, default: str = "") -> str:
        """The value as text."""
        return self._values.get(name, default)

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number within limits."""
        text = self._values.get(name)
        if not text:
            return default
        if not text.lstrip("-").isdecimal():
            raise BadParameter(f'"{name}" must be a number')
        number = int(text)
        if number < least:
            raise BadParameter(f'"{name}" must be larger than or equal to {least}')
        if number > most:
            raise BadParameter(f'"{name}" must be less than or equal to {most}')
        return number

    def moment(self, name: str) -> float | None:
        """A Unix time, also given as an ISO date or date-time; None if it is missing."""
        text = self._values.get(name)
        if not text:
            return None
        if text.isdecimal():
            return float(text)
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            raise BadParameter(f'"{name}" must be a valid ISO 8601 timestamp or unix time value') from None
        return when.replace(tzinfo=when.tzinfo or UTC).timestamp()

    def compact_day(self, name: str) -> date | None:
        """A date written as 20201202; None for anything else."""
        try:
            return datetime.strptime(self._values.get(name, ""), "%Y%m%d").date()
        except ValueError:
            return None
