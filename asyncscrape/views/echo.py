"""Plain lines for people, in the terminal or a pipe."""

from __future__ import annotations

import click

from asyncscrape.printable import printable


def echo(message: str, *, err: bool = False) -> None:
    """Print a message that may quote a page or a server."""
    click.echo(printable(message), err=err)
