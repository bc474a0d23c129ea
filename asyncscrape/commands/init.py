"""`init`: a commented config to start from."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

from asyncscrape.errors import UsageError
from asyncscrape.views.echo import echo

STARTER = "starter"
"""The job's name in starter.toml, which a new config replaces with its own."""


def write_starter(name: str, folder: Path) -> None:
    """Write a commented config and say what to do next."""
    name = name.removesuffix(".toml")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", name):
        raise UsageError(
            f"{name!r} is not a valid job name; "
            "use letters, digits, - and _ (at most 100), and begin with a letter or digit"
        )
    file = f"{name}.toml"
    template = resources.files("asyncscrape").joinpath("starter.toml").read_text(encoding="utf-8")
    try:
        with (folder / file).open("x", encoding="utf-8") as target:
            target.write(template.replace(STARTER, name))
    except FileExistsError:
        raise UsageError(f"{file} already exists and was not changed; choose another name") from None
    echo(f"Wrote {file}. Put in your site and selectors, then run:")
    echo(f"  asyncscrape check {file}        show the plan")
    echo(f"  asyncscrape try {file} URL      show what the rules extract from a page")
    echo(f"  asyncscrape run {file}          crawl")
