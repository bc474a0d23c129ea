"""Warnings about the headers and cookies of a config: who may get to see them."""

from __future__ import annotations

from collections.abc import Iterator

from asyncscrape.access import may_be_secret
from asyncscrape.addresses import forbidden, is_literal, is_localhost
from asyncscrape.config.models import Config
from asyncscrape.crawl.scope import JobScope
from asyncscrape.crawl_job import Job
from asyncscrape.urls import authority, host_of


def exposed(config: Config, job: Job) -> Iterator[str]:
    """One warning for each way on which credentials may reach strangers; none without credentials."""
    fetch = config.fetch
    headers = [f"fetch.headers.{name}" for name in fetch.headers if may_be_secret(name)]
    secret = ", ".join([*headers, *(f"fetch.cookies.{name}" for name in fetch.cookies)])
    if not secret:
        return
    if "*" in config.scope.hosts:
        yield (
            f'warning: {secret}: with scope.hosts = ["*"] every host that a page links to gets to see this over '
            "https; name the hosts that may"
        )
    mapped = {place for pair in fetch.origins.items() for place in pair}
    for origin in sorted(JobScope.of(config, job.seeds()).plain_origins - mapped):
        if _leaves_the_network(host_of(authority(f"{origin}/"))):
            yield (
                f"warning: {secret}: goes to {origin} in clear text, because a seed begins so; "
                "write https:// there if the host speaks it"
            )


def _leaves_the_network(host: str) -> bool:
    return not is_localhost(host) and not (is_literal(host) and forbidden(host.strip("[]")))
