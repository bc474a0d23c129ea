"""The output of `errors`: URLs that failed or were skipped, by reason, with their referrers and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from rich.console import Group, RenderableType
from rich.text import Text

from asyncscrape.remedies import remedy
from asyncscrape.views.figures import count

EXAMPLES = 3
"""URLs shown for each group unless all are wanted."""


class UrlGroup(msgspec.Struct, frozen=True):
    """URLs of one sort that failed or were skipped for the same reason."""

    sort: str
    """"pages", "files", "sitemaps"; empty for URLs that were skipped."""
    reason: str
    count: int
    detail: str
    """The last error."""
    urls: Sequence[str]
    referrers: Sequence[str]
    """For each URL the page that linked there; empty for a seed."""


def url_groups(groups: Sequence[UrlGroup], nothing: str, *, whole: bool) -> RenderableType:
    """The groups one after the other, with some or all of their URLs; `nothing` is said if there are none."""
    if not groups:
        return Text(nothing)
    return Group(*(part for group in groups for part in _group(group, group.count if whole else EXAMPLES)))


def _group(group: UrlGroup, shown: int) -> Iterable[Text]:
    sort = f"{group.sort}, " if group.sort else ""
    yield Text.assemble((f"{sort}{group.reason}", "bold red"), f"  {count(group.count)}")
    if group.detail and group.detail != group.reason:
        yield Text(f"  {group.detail}")
    for url, referrer in list(zip(group.urls, group.referrers, strict=True))[:shown]:
        yield Text(f"    {url}", style="dim")
        if referrer:
            yield Text(f"      linked from {referrer}", style="dim")
    if group.count > shown:
        yield Text(f"    … and {count(group.count - shown)} more; --all lists them", style="dim")
    if (known := remedy(group.reason)) is not None:
        yield Text(f"  {known.text}", style="italic")
