"""`init`: a commented config to start from."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import click

from asyncscrape.errors import UsageError

STARTER = "starter"
"""The name of the job in starter.toml, which a new config replaces by its own."""


def write_starter(name: str, folder: Path) -> None:
    """Write a commented config and say what to do next."""
    name = name.removesuffix(".toml")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", name):
        raise UsageError(
            f"{name!r} cannot name a job: use letters, digits, - and _, and begin with a letter or digit"
        )
    file = f"{name}.toml"
    template = resources.files("asyncscrape").joinpath("starter.toml").read_text(encoding="utf-8")
    try:
        with (folder / file).open("x", encoding="utf-8") as target:
            target.write(template.replace(STARTER, name))
    except FileExistsError:
        raise UsageError(f"{file} exists already; it was left as it is") from None
    click.echo(f"{file} is written. Put your site and selectors in, then:")
    click.echo(f"  asyncscrape check {file}        what would be done")
    click.echo(f"  asyncscrape try {file} URL      what the rules make of a page")
    click.echo(f"  asyncscrape run {file}          the crawl")
