"""`errors`: the URLs that failed, or were found and not fetched, grouped by reason."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence

from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.config.models import PageRule
from asyncscrape.frontier.base import Failure, Frontier, PageRead, SkippedUrl
from asyncscrape.frontier.build import build_frontier
from asyncscrape.model import Kind
from asyncscrape.urls import Patterns, path_and_query
from asyncscrape.views.echo import echo
from asyncscrape.views.url_groups import UrlGroup, url_groups

SORTS = {Kind.PAGE: "pages", Kind.BLOB: "files", Kind.SITEMAP: "sitemaps"}
NO_RULE = "no rule fits"
"""The reason under which pages are listed that were read without a rule."""


def show_errors(chosen: Chosen, as_json: bool, whole: bool, skipped: bool) -> None:
    """Print what failed and why, or what was skipped."""
    config = load(chosen)
    frontier = build_frontier(config.frontier_place)
    groups = left_groups(frontier, config.page) if skipped else grouped(asyncio.run(frontier.failures()))
    if as_json:
        total = sum(group.count for group in groups if group.reason != NO_RULE)
        reasons = [as_dict(group) for group in groups]
        told = {"job": config.name, "skipped" if skipped else "failed": total, "reasons": reasons}
        echo(json.dumps(told))
    else:
        nothing = "no skipped URLs" if skipped else "no failed URLs"
        console().print(url_groups(groups, nothing, whole=whole), soft_wrap=True)


def as_dict(group: UrlGroup) -> dict[str, object]:
    """A group as JSON; only failures have a sort."""
    told: dict[str, object] = {
        "reason": group.reason,
        "count": group.count,
        "detail": group.detail,
        "urls": group.urls,
        "referrers": group.referrers,
    }
    return {"sort": group.sort, **told} if group.sort else told


def grouped(failed: Iterable[Failure]) -> list[UrlGroup]:
    """The failures by sort and reason, the most frequent first."""
    members: dict[tuple[str, str], list[Failure]] = {}
    for failure in failed:
        members.setdefault((SORTS[Kind.counted(failure.kind)], failure.reason), []).append(failure)
    return _most_first(_group(sort, reason, some, _last(some)) for (sort, reason), some in members.items())


def _last(members: Sequence[Failure]) -> str:
    """The last error; what failed unasked, along with its host, says least about why."""
    asked = [one for one in members if one.attempts]
    return (asked or members)[-1].detail


def left_groups(frontier: Frontier, rules: Sequence[PageRule]) -> list[UrlGroup]:
    """What was found and not fetched, by reason; then the pages that fit no rule."""
    members: dict[str, list[SkippedUrl]] = {}
    for one in asyncio.run(frontier.skipped()):
        members.setdefault(one.reason, []).append(one)
    groups = _most_first(_group("", reason, some, some[-1].detail) for reason, some in members.items())
    unmatched = without_rule(asyncio.run(frontier.pages_read()), rules)
    return [*groups, *([_group("", NO_RULE, unmatched, "")] if unmatched else ())]


def without_rule(pages: Iterable[PageRead], rules: Sequence[PageRule]) -> list[SkippedUrl]:
    """The pages that fit no rule; none for a job without rules, which has a parser of its own."""
    if not rules:
        return []
    patterns = Patterns.of([pattern for rule in rules for pattern in rule.match])
    return [
        SkippedUrl(page.url, NO_RULE, "", page.parent) for page in pages if not patterns.fit(path_and_query(page.url))
    ]


def _group(sort: str, reason: str, members: Sequence[Failure | SkippedUrl], detail: str) -> UrlGroup:
    urls, referrers = tuple(one.url for one in members), tuple(one.parent for one in members)
    return UrlGroup(sort, reason, len(members), detail, urls, referrers)


def _most_first(groups: Iterable[UrlGroup]) -> list[UrlGroup]:
    return sorted(groups, key=lambda group: (-group.count, group.sort, group.reason))
