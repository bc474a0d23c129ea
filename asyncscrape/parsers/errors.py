"""What parsers raise when a page is not what the rules expect."""

from __future__ import annotations


class ParseError(ValueError):
    """The page cannot be read as the rules say; another try would not help."""
