"""The program, timed by the steps of the report of the job "network": `report_steps.py FILE ARGUMENT…`.

Writes the seconds of each step into the file. Steps are timed where the report calls them, so that what one of them
does is not counted in another.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

REPORT = "asyncscrape.jobs.network.report."
STEPS = {
    "tables read": ("stored_network", "stored_network"),
    "matrices": ("matrices", "matrices"),
    "tastes": ("cartography", "tastes"),
    "communities": ("cartography", "communities"),
    "bridges": ("cartography", "bridges"),
    "places (embedding)": ("cartography", "places"),
    "map.png": ("map_picture", "picture"),
    "map.html": ("map_page", "page"),
    "graph.gexf": ("map_tables", "write_graph"),
    "other files": ("matrices", "_save"),
}

spent = Counter[str]()


def main() -> None:
    """Run the program, and tell."""
    told = Path(sys.argv.pop(1))
    begun = time.perf_counter()
    for name, (module, function) in STEPS.items():
        _time(name, REPORT + module, function)
    from asyncscrape.__main__ import main as program

    try:
        program()
    finally:
        spent["imports and all else"] = time.perf_counter() - begun - sum(spent.values())
        told.write_text(json.dumps(spent), encoding="utf-8")


def _time(name: str, module: str, function: str) -> None:
    """Put a clock around a function, as its module calls it."""
    found = import_module(module)
    inner: Callable[..., Any] = getattr(found, function)

    @wraps(inner)
    def timed(*arguments: Any, **named: Any) -> Any:
        begun = time.perf_counter()
        try:
            return inner(*arguments, **named)
        finally:
            spent[name] += time.perf_counter() - begun

    setattr(found, function, timed)


main()
