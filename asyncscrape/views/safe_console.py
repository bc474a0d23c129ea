"""A console on which no text can control the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from asyncscrape.printable import UNFIT, printable


class SafeConsole(Console):
    """Everything that is printed comes by here as a `Text` before it becomes codes for the terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of something printable, or of a part of it."""
        if isinstance(renderable, str):
            chosen = options or self.options
            renderable = self.render_str(renderable, highlight=chosen.highlight, markup=chosen.markup)
        return super().render(_safe(renderable) if isinstance(renderable, Text) else renderable, options)


def _safe(text: Text) -> Text:
    """The text with escapes, in the same styles."""
    places = [edge for found in UNFIT.finditer(text.plain) for edge in found.span()]
    if not places:
        return text
    safe = text.blank_copy()
    for piece in text.divide(places):
        if UNFIT.match(piece.plain):
            piece.plain = printable(piece.plain)
        safe.append_text(piece)
    return safe
