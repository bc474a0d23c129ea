"""Folders of a test's own that modules are imported from."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture
def search_path() -> Iterator[list[str]]:
    """Where Python looks for modules; what a test adds is taken away after it."""
    before = sys.path[:]
    yield sys.path
    sys.path[:] = before
