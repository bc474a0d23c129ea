"""`replica`: the built-in copies of the sources, served on loopback."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import click

from asyncscrape.errors import UsageError
from asyncscrape.replica.serve import serve, sites


def serve_replica(port: int) -> None:
    """Serve on loopback until Ctrl-C."""

    def announce(actual: int) -> None:
        click.echo(f"The replica listens on http://127.0.0.1:{actual}/ and answers for: {', '.join(sorted(sites()))}")
        click.echo("The Host header selects the site. Press Ctrl-C to stop.")

    with suppress(KeyboardInterrupt):
        try:
            asyncio.run(serve("127.0.0.1", port, announce))
        except OSError as error:
            raise UsageError(f"port {port} cannot be used: {error.strerror}; choose another with --port") from error
