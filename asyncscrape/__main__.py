"""`python -m asyncscrape`."""

from __future__ import annotations

from collections.abc import Mapping

from asyncscrape.cli import program
from asyncscrape.jobs.base import BuiltIn


def main(jobs: Mapping[str, BuiltIn] | None = None) -> None:
    """Run the command that the arguments name and exit with its code; `jobs` replaces the built-in jobs."""
    program(prog_name="asyncscrape", obj=jobs)


if __name__ == "__main__":
    main()
