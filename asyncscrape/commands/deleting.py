"""The question before anything is deleted."""

from __future__ import annotations

import sys

import click

from asyncscrape.errors import UsageError
from asyncscrape.views.echo import echo


def ask_to_delete(by: str, what: str, note: str = "") -> None:
    """Ask whether to delete this, after a note; UsageError if not, or if there is nobody to ask."""
    if not sys.stdin.isatty():
        raise UsageError(f"{by} deletes {what}, and there is no terminal to ask on: add --yes if you mean it")
    if note:
        echo(note, err=True)
    if not click.confirm(f"Delete {what}?", err=True):
        raise UsageError("nothing was deleted")
