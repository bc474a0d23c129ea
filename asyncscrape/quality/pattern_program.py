"""The program that matches values against a pattern, for `pattern_process.py`: JSON in, JSON out.

It imports nothing of the package, so that it starts in the time that Python takes. A pattern that needs more time
than it has ends the program: by a signal of the system, since nothing else can interrupt a match.
"""

from __future__ import annotations

import json
import re
import signal
import sys
import time


def main() -> None:
    """Match all values in so many CPU seconds; say which do not match, and how long it took."""
    pattern, seconds, values = json.load(sys.stdin)
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
    matches = re.compile(pattern).fullmatch
    begun = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, max(seconds, 0.001))
    others = [place for place, value in enumerate(values) if matches(value) is None]
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    print(json.dumps([others, time.process_time() - begun]))


if __name__ == "__main__":
    main()
