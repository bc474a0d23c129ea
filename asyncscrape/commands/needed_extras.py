"""The extras that a job needs, and the message about missing ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from asyncscrape.browsing import Use
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import load
from asyncscrape.commands.jobs import built_in
from asyncscrape.config.browser_keys import plan_of
from asyncscrape.config.models import Config
from asyncscrape.destinations import TableForm, form_of
from asyncscrape.errors import UsageError
from asyncscrape.extras import missing_modules
from asyncscrape.jobs.base import BuiltIn
from asyncscrape.views.echo import echo

BROWSER = "browser"
"""The extra for pages that need a browser."""


def print_missing(chosen: Chosen) -> None:
    """Print the missing extras as they go into the brackets of `asyncscrape[…]`; nothing if none is missing."""
    if extras := missing(load(chosen), chosen.jobs):
        echo(",".join(extras))


def require(config: Config, jobs: Mapping[str, BuiltIn]) -> None:
    """Refuse a job that lacks an extra, with the command that installs it."""
    _refuse(missing(config, jobs))


def require_for_command(*extras: str) -> None:
    """Refuse a command that needs these extras, if one is not installed."""
    _refuse(missing_of(extras), "this command")


def require_browser(config: Config) -> None:
    """Refuse a job with pages for a browser, if the library for that is not installed."""
    if missing_modules(BROWSER) and wants_browser(config):
        _refuse([BROWSER])


def wants_browser(config: Config) -> bool:
    """Whether a page of a rule, or of a login, may be opened in a browser."""
    return bool(config.fetch.browser.login) or any(
        plan_of(rule, config.fetch.browser.use).use is not Use.NEVER for rule in config.page
    )


def missing_of(extras: Iterable[str]) -> list[str]:
    """Those of the extras that are not installed."""
    return [extra for extra in extras if missing_modules(extra)]


def _refuse(extras: Sequence[str], who: str = "this job") -> None:
    if extras:
        modules = ", ".join(name for extra in extras for name in missing_modules(extra))
        raise UsageError(
            f"{who} needs libraries that are not installed ({modules}); "
            f"install them with: pip install 'asyncscrape[{','.join(extras)}]'"
        )


def missing(config: Config, jobs: Mapping[str, BuiltIn]) -> list[str]:
    """The extras that a job needs but that are not installed."""
    return missing_of(needed(config, jobs))


def needed(config: Config, jobs: Mapping[str, BuiltIn]) -> Iterator[str]:
    """The extras of a built-in job, of pages that need a browser, and of the forms of the tables."""
    job = built_in(config, jobs)
    if job:
        yield from job.extras
    if (job and job.opens_pages(config)) or wants_browser(config):
        yield BROWSER
    if any(form_of(store.destination) is TableForm.XLSX for store in config.record_stores):
        yield "xlsx"
