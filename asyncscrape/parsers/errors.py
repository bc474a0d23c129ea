"""What parsers raise for a page that is not what the rules expect, or that takes more memory than there is."""

from __future__ import annotations

from typing import Any

from lxml import etree


class ParseError(ValueError):
    """The rules cannot read this page, and trying again would not help."""


NO_MEMORY = etree.ErrorTypes.ERR_NO_MEMORY


def check_memory(error: Exception) -> None:
    """Raise MemoryError if memory was refused: libxml2 tells that like any mistake in a page or a selector."""
    if isinstance(error, etree.XMLSyntaxError):
        refused = getattr(error, "code", None) == NO_MEMORY  # its log may be that of earlier mistakes
    else:
        entries: Any = error.error_log if isinstance(error, etree.LxmlError) else ()
        refused = [entry.type for entry in entries][-1:] == [NO_MEMORY]
    if refused:
        raise MemoryError from error
