"""Rules that leave a page to a Python function: `parser = "package.module:function"`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from asyncscrape.errors import UsageError
from asyncscrape.model import Page, Parser, Response
from asyncscrape.parsers.errors import ParseError


def python_parser(name: str, table: str | None) -> Parser:
    """The function of that name, held to the rule's table. Raises UsageError when there is none."""
    function = _imported(name)

    def parse(response: Response) -> Page:
        page = function(response)
        if not isinstance(page, Page):
            raise ParseError(f"{name} returned {type(page).__name__}, not a Page")
        for record in page.records:
            if record.table != table:
                raise ParseError(f"{name} returned a record for table {record.table!r}; its rule has {table!r}")
        return page

    return parse


def _imported(name: str) -> Callable[[Response], object]:
    module, _, attribute = name.partition(":")
    try:
        function = getattr(import_module(module), attribute)
    except ImportError as error:
        raise UsageError(f"parser {name!r}: {error}") from error
    except AttributeError as error:
        raise UsageError(f"parser {name!r}: {module} has no {attribute}") from error
    if not callable(function):
        raise UsageError(f"parser {name!r} is not a function")
    return function  # type: ignore[no-any-return]
