"""Parsers named by a config: "package.module:function", in the folder of the config or installed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asyncscrape.errors import UsageError


class ParserError(UsageError):
    """The function cannot be used; the message tells the config's author why."""


def search(folder: Path) -> None:
    """Search this folder for modules from now on, after all others: no file in it stands in for a library."""
    place = str(folder.resolve())
    if place not in sys.path:
        sys.path.append(place)
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
