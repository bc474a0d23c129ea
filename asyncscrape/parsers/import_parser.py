"""Parsers that a config names: "package.module:function", found in the folder of the config or installed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asyncscrape.errors import UsageError


class ParserError(UsageError):
    """The function cannot be had, with the reason in words for the config's author."""


def search(folder: Path) -> None:
    """From now on a folder is searched for modules, as that of a script is."""
    place = str(folder.resolve())
    if place not in sys.path:
        sys.path.insert(0, place)
        importlib.invalidate_caches()


def import_parser(name: str) -> Callable[..., Any]:
    """The function of that name. Raises ParserError."""
    module_name, _, function_name = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        raise ParserError(f"cannot be imported: {type(error).__name__}: {error}") from error
    function = getattr(module, function_name, None)
    if function is None:
        raise ParserError(f"cannot be imported: {module_name} has no {function_name}")
    if not callable(function):
        raise ParserError("is not a function")
    return function  # type: ignore[no-any-return]
