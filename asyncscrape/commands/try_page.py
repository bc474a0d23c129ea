"""`try`: one page, and what every rule extracts from it. Nothing is written."""

from __future__ import annotations

import asyncio
import mimetypes
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
from multidict import CIMultiDict

from asyncscrape.commands import local_replica
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.commands.try_apart import apart
from asyncscrape.commands.try_browser import Looks, advice, chosen_use, data_of, hint, keep_picture
from asyncscrape.commands.try_fields import forms, own, split, types, with_whole_texts
from asyncscrape.config.models import Config, PageRule
from asyncscrape.crawl.build import kept_spelling, one_page
from asyncscrape.crawl.page_opener import OpenedPage, Show
from asyncscrape.crawl.scope import JobScope
from asyncscrape.crawl_job import Job
from asyncscrape.errors import Exit, FetchError, Intention, StoreError, UsageError
from asyncscrape.jobs.registry import rule_job
from asyncscrape.model import Page, Request, Response
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.rules import RuleParser, together
from asyncscrape.parsing.contents import contents
from asyncscrape.storage.build import open_archive
from asyncscrape.urls import UrlScope, canonical, glob, path_and_query
from asyncscrape.views.echo import echo
from asyncscrape.views.page_requests import page_data_advice, page_requests
from asyncscrape.views.trial import Paragraph, Trial, joined, trial

T = TypeVar("T")


def try_page(chosen: Chosen, url: str, as_url: str | None, refetch: bool, looks: Looks) -> Exit:
    """Get the page and print what the rules extract from it; the exit code."""
    config = load(chosen, asks=True)
    if config.kind is not None:
        raise UsageError(f'try needs page rules, and a job with kind = "{config.kind}" has none; use run instead')
    file = saved(Path(url), as_url) if as_url else None if refetch else kept(config, rule_job(config), url)
    try:
        return _tried_page(config, url, file, looks)
    except FetchError as error:
        echo(f"{error.reason}: {error.detail}" if error.detail != error.reason else error.detail, err=True)
    except (ParseError, Intention) as error:
        echo(f"the page cannot be read: {error}", err=True)
    except ParserFault as fault:
        echo(str(fault), err=True)
    return Exit.FAILURES


def _tried_page(config: Config, url: str, file: Response | None, looks: Looks) -> Exit:
    """Print what there is to say of a page; the exit code. Raises FetchError, and what parsers raise."""
    document, opened = brought(chosen_use(config, looks), url, file, looks.show)
    screen = console()
    if opened.in_browser:
        keep_picture(looks, opened)
        screen.print(page_requests(opened.requests), soft_wrap=True)
    if opened.failure is not None:
        raise opened.failure
    scope = JobScope.of(config, rule_job(config).seeds()).links
    trials = tried_answers(config, opened.answers, scope)
    if why_not := _apart(config, lambda: scope.why_not(document.url, 0)):
        screen.print(f"A run would not follow a link to this page: {why_not}", style="yellow", markup=False)
    screen.print(trial(trials), soft_wrap=True)
    if opened.in_browser:
        data = _apart(config, lambda: data_of(opened))
        screen.print(page_data_advice(data), soft_wrap=True)
    for line in worth(config, document, opened, trials, scope):
        screen.print(Paragraph(line, "cyan"))
    return Exit.FINISHED


def worth(
    config: Config, document: Response, opened: OpenedPage, trials: Sequence[Trial], scope: UrlScope
) -> Sequence[str]:
    """Whether the browser is worth it: what is found with it and without."""
    rules = {title(number, rule): rule for number, rule in enumerate(config.page, 1)}
    use = config.fetch.browser.use
    if not opened.in_browser:
        return [*advice(rules, use, trials, None), *filter(None, [hint(document, trials)])]
    try:
        plain = tried_answers(config, [document], scope)
    except (ParseError, Intention, ParserFault):
        return []
    return [*advice(rules, use, plain, trials)]


class ParserFault(Exception):
    """The user's own parser raised something; the message is its traceback, which is what they need."""


# Getting the page


def address(url: str) -> str:
    """The canonical form of the URL that was typed."""
    found = canonical(url) if "://" in url else None
    if found is None:
        raise UsageError(f"{url!r} is not a URL; for a saved file, add --as and the URL it came from")
    return found


def saved(file: Path, url: str) -> Response:
    """A file as if it were the answer from that URL."""
    request = Request(address(url))
    try:
        body, changed = file.read_bytes(), file.stat().st_mtime
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    headers = CIMultiDict({"Content-Type": mimetypes.guess_type(file.name)[0] or "text/html"})
    return Response(request, 200, headers, body, datetime.fromtimestamp(changed, UTC))


def kept(config: Config, job: Job, url: str) -> Response | None:
    """The newest answer from this URL that the archive of the job has."""
    spelled = kept_spelling(config, job)
    try:
        with open_archive(config.archive) as archive:
            found = archive.last_from(spelled(address(url))) if archive else None
            if archive is None or found is None or 300 <= found.status < 400:
                return None
            answer = archive.response(found)
    except StoreError as error:
        echo(f"the archive does not help, so the site is asked: {error}", err=True)
        return None
    echo(f"This is the answer of {found.fetched_at} from the archive; --refetch asks the site.", err=True)
    return answer


def brought(config: Config, url: str, file: Response | None, show: Show) -> tuple[Response, OpenedPage]:
    """The page as a run would get it, and what becomes of it in a browser if its rules want that."""
    with local_replica.served(config) as replica:
        reachable = local_replica.reachable(config, replica)
        return asyncio.run(_brought(reachable, address(url) if file is None else "", file, show))


async def _brought(config: Config, url: str, file: Response | None, show: Show) -> tuple[Response, OpenedPage]:
    async with one_page(config, rule_job(config), file.url if file else url, time.time, show) as page:
        document = file or await page.bring(Request(url))
        return document, await page.open(document)


# Reading the page


def tried_answers(config: Config, answers: Sequence[Response], scope: UrlScope) -> list[Trial]:
    """The trial of each rule on all that became of a page. Raises UsageError if none matches."""
    found: dict[str, list[Trial]] = {}
    for answer in answers:
        for one in _apart(config, partial(_trials, config, answer, scope)):
            found.setdefault(one.rule, []).append(one)
    if not found:
        raise UsageError(no_rule(config.page, answers[0].url))
    return [joined(trials) for trials in found.values()]


def _apart(config: Config, work: Callable[[], T]) -> T:
    """The result of work on what strangers send: a URL, too, can keep patterns as busy as a page keeps parsers."""
    return apart(work, config.fetch.parse_timeout, config.fetch.parse_memory)


def _trials(config: Config, answer: Response, scope: UrlScope) -> list[Trial]:
    return list(tried(config, answer, scope))


def tried(config: Config, response: Response, scope: UrlScope) -> Iterator[Trial]:
    """The trial of each rule that matches the page; `scope` tells which links a run would follow.

    Raises `Overrun` in the end if all of them together say more than one page may.
    """
    rules = [(number, rule) for number, rule in enumerate(config.page, 1) if fits(rule, response.url)]
    found: list[Page] = []
    for number, rule in rules:
        page = read(config, response, number, rule)
        refused = {link.url: why for link in page.links if (why := scope.why_not(link.url, 1))}
        refused |= dict.fromkeys(page.nofollow, "nofollow")
        records, cuts = (
            zip(*(split(record, rule) for record in page.records), strict=True) if page.records else ((), ())
        )
        page = msgspec.structs.replace(page, records=records, flaws=own(page.flaws))
        found.append(page)
        yield Trial(title(number, rule), page, refused, types(rule), forms(rule), cuts)
    with faults_told(any(rule.parser for _, rule in rules)):
        contents(together(found), response)


def read(config: Config, response: Response, number: int, rule: PageRule) -> Page:
    """The findings of one rule, and the whole texts that it cuts."""
    parser = RuleParser([with_whole_texts(rule)], config.politeness.nofollow, config.fetch.max_elements, number)
    with faults_told(rule.parser is not None):
        return parser(response)


@contextmanager
def faults_told(of_a_user: bool) -> Iterator[None]:
    """What should not be raised here is, if users wrote the parser, their fault: raised as `ParserFault`."""
    try:
        yield
    except (ParseError, Intention, MemoryError):
        raise
    except (Exception, SystemExit) as error:
        if not of_a_user:
            raise
        raise ParserFault("".join(traceback.format_exception(error)).rstrip()) from error


def fits(rule: PageRule, url: str) -> bool:
    """Whether the rule matches the URL."""
    return any(glob(pattern).search(path_and_query(url)) for pattern in rule.match)


def no_rule(rules: Sequence[PageRule], url: str) -> str:
    """The message that no rule matches, with the patterns of each."""
    lines = [f"no rule matches {url}: its path and query are {path_and_query(url)}, and the rules are"]
    return "\n".join([*lines, *(f"  rule {number}: {told(rule)}" for number, rule in enumerate(rules, 1))])


def title(number: int, rule: PageRule) -> str:
    """The rule by its number and patterns."""
    return f"rule {number}: {told(rule)}"


def told(rule: PageRule) -> str:
    """The rule's patterns, as the file has them."""
    return "match " + " or ".join(f'"{pattern}"' for pattern in rule.match)
