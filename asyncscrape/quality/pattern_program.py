"""The program that matches values against a pattern, for `pattern_process.py`: lines of JSON in, lines of JSON out.

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
    """Match all values; there are so many `seconds` of CPU, and some more for `each` value."""
    pattern, seconds, each = json.loads(sys.stdin.readline())
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
    matches = re.compile(pattern).fullmatch
    for line in sys.stdin:
        values = json.loads(line)
        seconds += each * len(values)
        signal.setitimer(signal.ITIMER_VIRTUAL, max(seconds - time.process_time(), 0.001))
        others = [place for place, value in enumerate(values) if matches(value) is None]
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        print(json.dumps(others), flush=True)


if __name__ == "__main__":
    main()
