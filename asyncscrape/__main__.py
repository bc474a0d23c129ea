"""`python -m asyncscrape`."""

from __future__ import annotations

import io
import os
import sys

if __name__ == "__main__" and not sys.flags.safe_path and sys.path[0] != os.path.dirname(os.path.dirname(__file__)):
    # Python looks first in the folder where it is started; a json.py there must not stand in for the library.
    sys.path.append(sys.path.pop(0))

from collections.abc import Mapping

from asyncscrape.cli import program
from asyncscrape.jobs.base import BuiltIn


def main(jobs: Mapping[str, BuiltIn] | None = None) -> None:
    """Run the command that the arguments name and exit with its code; `jobs` replaces the built-in jobs."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Pages have characters that not every terminal can show; for stderr Python does the same by itself.
        sys.stdout.reconfigure(errors="backslashreplace")
    program(prog_name="asyncscrape", obj=jobs)


if __name__ == "__main__":
    main()
