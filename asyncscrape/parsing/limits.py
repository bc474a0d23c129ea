"""Limits that a process which works on pages sets for itself: in a run, and for `try`."""

from __future__ import annotations

from contextlib import suppress

ENDS_WITHIN = 1.0
"""Seconds from the end of its connection to the end of such a process."""


def limit(name: str, most: int) -> None:
    """Limit a resource further, where the system can. The hard limit stays: it may be lower, and cannot be raised."""
    with suppress(ImportError, AttributeError, OSError, ValueError):
        import resource

        which = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(which)
        resource.setrlimit(which, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
