"""Limits that a process which works on what others sent sets for itself: in a run, for `try`, and for audio files."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

ENDS_WITHIN = 1.0
"""Seconds from the end of its connection to the end of such a process."""
DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG, an option of prctl."""
FIRST_VICTIM = "700"
"""When the machine runs out of memory, a worker ends before its parent does."""


def limit(name: str, most: int) -> None:
    """Limit a resource further, where the system can. The hard limit stays: it may be lower, and cannot be raised."""
    with suppress(ImportError, AttributeError, OSError, ValueError):
        import resource

        which = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(which)
        resource.setrlimit(which, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def depend_on(parent: int) -> None:
    """Leave signals to the parent, which has this number, end when it ends, and leave no core dump."""
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    limit("CORE", 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:  # it has ended before
            os._exit(0)
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(FIRST_VICTIM)
