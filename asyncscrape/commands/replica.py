"""`replica`: the built-in copies of the sources, served on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from asyncscrape.errors import UsageError
from asyncscrape.replica.behaviour import Switches
from asyncscrape.replica.crowd.nouns import Crowd, crowd_of
from asyncscrape.replica.serve import serve, sites
from asyncscrape.views.echo import echo


def serve_replica(port: int, crowd: Sequence[str]) -> None:
    """Serve on loopback until Ctrl-C; `crowd` holds parameters of the crowd as "name=value"."""
    switches = Switches(crowd=_crowd(crowd))

    def announce(actual: int) -> None:
        echo(f"The replica listens on http://127.0.0.1:{actual}/ and answers for: {', '.join(sorted(sites()))}")
        echo("The Host header selects the site. Press Ctrl-C to stop.")

    with suppress(KeyboardInterrupt):
        try:
            asyncio.run(serve("127.0.0.1", port, announce, switches))
        except OSError as error:
            raise UsageError(f"port {port} cannot be used: {error.strerror}; choose another with --port") from error


def _crowd(settings: Sequence[str]) -> Crowd:
    try:
        return crowd_of(settings)
    except ValueError as error:
        names = ", ".join(Crowd.__struct_fields__)
        raise UsageError(f"--crowd: {error}; write a parameter as NAME=VALUE, with one of: {names}") from error
