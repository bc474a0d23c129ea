"""`python -m asyncscrape`."""

from __future__ import annotations

from asyncscrape.cli import program


def main() -> None:
    """Run the command that the arguments name and leave with its exit code."""
    program(prog_name="asyncscrape")


if __name__ == "__main__":
    main()
