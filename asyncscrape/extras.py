"""Extras: libraries that only some jobs or commands need, as by `pip install 'asyncscrape[report]'`."""

from __future__ import annotations

from importlib.util import find_spec

MODULES = {
    "report": ("matplotlib", "PIL", "plotly"),
    "network": ("scipy", "sknetwork", "threadpoolctl"),
    "browser": ("playwright",),
    "xlsx": ("xlsxwriter",),
    "audio": ("miniaudio",),
    "insight": ("sklearn", "threadpoolctl"),
    "ray": ("ray",),
}
"""The extras of pyproject.toml that a job or command may need, with the modules that each brings."""


def missing_modules(extra: str) -> list[str]:
    """The modules of an extra that are not installed; none of them is imported to find out."""
    return [name for name in MODULES[extra] if find_spec(name) is None]
