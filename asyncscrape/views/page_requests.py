"""The requests of an open page, and which of them may be its data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from asyncscrape.browsing import SeenRequest
from asyncscrape.quality.page_data import PageData
from asyncscrape.quality.shown_values import percent
from asyncscrape.views.figures import count, size
from asyncscrape.views.trial import Paragraph

MOST_SHOWN = 40
MOST_DATA = 3
FEWEST_SHARED = 0.5
"""The share of the values of an answer that stand on the page, from which on it is called its data."""
TOML = re.compile(r'["\\\x00-\x1f\x7f]')
"""What cannot stand in a quoted text of TOML as it is."""
PLACES = {"document": 0, "fetch": 1, "xhr": 1, "websocket": 1, "script": 3, "image": 4, "font": 4, "media": 4}
"""Where kinds of requests are shown: first what may be data."""
ELSEWHERE = 2


def page_requests(requests: Sequence[SeenRequest]) -> RenderableType:
    """What an open page asked for."""
    return Group(*_list(requests))


def page_data_advice(data: Sequence[PageData]) -> RenderableType:
    """How to read the data of a page instead of its pixels."""
    return Group(*_advice(data))


def _list(requests: Sequence[SeenRequest]) -> Iterator[RenderableType]:
    yield Text(f"the page made {count(len(requests))} {'request' if len(requests) == 1 else 'requests'}", "bold cyan")
    first = sorted(requests, key=lambda one: PLACES.get(one.kind, ELSEWHERE))
    for one in first[:MOST_SHOWN]:
        yield Text(f"  {one.method:4} {one.kind:10} {_outcome(one)}  {one.url}", "yellow" if one.failure else "dim")
    if len(first) > MOST_SHOWN:
        yield Text(f"  … and {count(len(first) - MOST_SHOWN)} more", "dim")
    yield Text()


def _outcome(one: SeenRequest) -> str:
    if one.kind == "websocket":
        return "stays open"
    if one.failure:
        return one.failure
    return f"{one.status} {size(one.size)} {one.content_type}".rstrip()


def _advice(data: Sequence[PageData]) -> Iterator[RenderableType]:
    """The lines to paste for the answers that are most of the page's data."""
    likely = [one for one in data if one.shown >= FEWEST_SHARED][:MOST_DATA]
    if not likely:
        return
    yield Text("looks like the data of the page", "bold cyan")
    for one in likely:
        yield Paragraph(f"{one.request.url}: {_about(one)}")
    yield Paragraph("To read it instead of the page, paste into the rule of this page")
    patterns = ", ".join(f'"{one.pattern}"' for one in likely)
    yield Text(f"    capture = {patterns if len(likely) == 1 else f'[{patterns}]'}")
    yield Paragraph("and add a rule for what is captured:")
    yield Text(_rule(likely[0]))
    yield Text()


def _about(one: PageData) -> str:
    kind = "entry" if one.rows == 1 else "entries"
    rows = f"a list of {count(one.rows)} {kind}, and " if one.rows else ""
    return f"{rows}{percent(one.shown)} of its values stand on the page"


def _rule(one: PageData) -> str:
    """A rule for a captured answer, as far as it can be told."""
    lines = ["    [[page]]", f'    match = "{one.pattern}"', '    table = "rows"']
    if one.each:
        key = ", ".join(f'"{name}"' for name in one.columns.key)
        lines += [f"    each = {_quoted(one.each)}", f"    key = [{key}]"]
    lines.append("    [page.fields]")
    lines += [f"    {name} = {_quoted(f'json:{path}')}" for name, path in one.columns.selectors.items()]
    return "\n".join(lines if one.columns.selectors else [*lines, '    value = { json = "@", type = "json" }'])


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text and "'" not in text else f'"{TOML.sub(_escaped, text)}"'


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
