"""The error that parsers raise for a page that is not what the rules expect."""

from __future__ import annotations


class ParseError(ValueError):
    """The rules cannot read this page, and trying again would not help."""
