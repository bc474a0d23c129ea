"""The progress of a run: a live view on a terminal, or a line every ten seconds elsewhere.

The view pulls, and nothing is pushed to it: it asks for a `Snapshot` when it wants one, so a slow terminal slows
nothing down. `render` and `line` are pure functions of a snapshot.
"""

from __future__ import annotations

import asyncio
import logging
import textwrap
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from asyncscrape.stats import HostView, RunState, ShownState, Snapshot, StoreView
from asyncscrape.views import told_browser, told_workers
from asyncscrape.views.figures import clock, count, rate, size, span
from asyncscrape.views.told_generation import generation

log = logging.getLogger("asyncscrape.progress")

REFRESHES_PER_SECOND = 4
LINE_EVERY = 10.0
"""Seconds between two lines if there is no terminal."""
LABEL = 9
"""Width of the label column."""
LONGEST_STORY = 3
"""The most lines for one item."""
CTRL_C = 2
"""Columns left free, so that the "^C" a terminal echoes does not begin a new line and tear the view."""
FRAME = 4
"""Columns that the panel's border and padding take."""
STATE_STYLES = {
    RunState.RUNNING: "cyan",
    RunState.FINISHED: "green",
    RunState.STOPPED: "yellow",
    RunState.FAILED: "red",
    RunState.IDLE: "dim",
}
PAGE_WORDS = {
    ShownState.DONE: "done",
    ShownState.PENDING: "queued",
    ShownState.ACTIVE: "open",
    ShownState.FAILED: "failed",
    ShownState.SKIPPED: "skipped",
}
"""The states of a page in the order and words people see."""


@asynccontextmanager
async def shown(
    snapshot: Callable[[], Snapshot], console: Console, line_every: float = LINE_EVERY
) -> AsyncIterator[None]:
    """Show the run's progress on the console for as long as the block lasts."""
    lively = console.is_terminal and not console.is_dumb_terminal
    watching = asyncio.create_task(_live(snapshot, console) if lively else _lines(snapshot, line_every))
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _live(snapshot: Callable[[], Snapshot], console: Console) -> None:
    """Redraw the view below the log lines again and again, in a thread, so that a stopped terminal does not stop the
    crawl."""
    with Live(console=console, auto_refresh=False, redirect_stdout=False, transient=True) as live:
        while True:
            view = render(snapshot(), console.width - CTRL_C, console.height)
            await asyncio.to_thread(live.update, view, refresh=True)
            await asyncio.sleep(1 / REFRESHES_PER_SECOND)


async def _lines(snapshot: Callable[[], Snapshot], every: float) -> None:
    while True:
        await asyncio.sleep(every)
        log.info("%s", line(snapshot()))


def line(snapshot: Snapshot) -> str:
    """The progress as one line of text, for logs."""
    pages = ", ".join(f"{count(number)} {word}" for word, number in _pages(snapshot.pages))
    parts = [
        f"{clock(snapshot.seconds)} {pages or 'no pages yet'}",
        f"{rate(snapshot.pages_per_second)} pages/s",
        f"{size(snapshot.bytes_per_second)}/s",
        *(f"{count(number)} {table}" for table, number in snapshot.records.items()),
        *(f"{name}: {_to_write(store)}" for name, store in snapshot.stores.items() if store.lag or store.trouble),
        *(f"{host.host} parked for {span(host.parked_for)}" for host in snapshot.hosts if host.parked_for > 0),
    ]
    if snapshot.left is not None:
        parts.append(f"about {span(snapshot.left)} left")
    return " · ".join([*parts, snapshot.note] if snapshot.note else parts)


def render(snapshot: Snapshot, width: int = 80, height: int = 24) -> RenderableType:
    """The whole view, fitted to this many columns and rows."""
    inner = max(20, width - FRAME)
    rows = _rows(snapshot, inner - LABEL)
    known = Counter(snapshot.pages) + Counter(snapshot.files)
    parts: list[RenderableType] = [_bar(known, inner), _grid(rows)]
    room = height - 5 - sum(value.plain.count("\n") + 1 for _, value in rows)
    if snapshot.hosts and room >= 2:
        shown = snapshot.hosts[: min(room - 1, 8)]
        parts.append(_hosts(shown, inner))
        room -= len(shown) + 1
    if len(snapshot.workers) >= told_workers.SEVERAL and room >= len(snapshot.workers) + 1:
        parts.append(told_workers.table(snapshot.workers, inner))
    style = STATE_STYLES.get(snapshot.state, "cyan")
    return Panel(
        Group(*parts),
        title=Text.assemble((snapshot.job, "bold"), " · ", (snapshot.state, style)),
        title_align="left",
        subtitle=_times(snapshot),
        subtitle_align="right",
        border_style="dim" if snapshot.state is RunState.IDLE else style,
        box=box.ROUNDED,
        width=width,
    )


def _times(snapshot: Snapshot) -> Text:
    times = Text(clock(snapshot.seconds))
    if snapshot.left is not None and snapshot.state is RunState.RUNNING:
        times.append(f" · about {span(snapshot.left)} left")
    return times


def _bar(known: Mapping[ShownState, int], width: int) -> Text:
    """The share of known URLs that is finished: a thick line, then a thin one, so that it reads without colours."""
    done, failed = known[ShownState.DONE] + known[ShownState.SKIPPED], known[ShownState.FAILED]
    total = sum(known.values())
    percent = f" {100 * (done + failed) // total if total else 0:3} %"
    room = width - len(percent)
    good = room * done // total if total else 0
    bad = min(room - good, -(-room * failed // total)) if total else 0
    return Text.assemble(
        ("━" * good, "green"), ("━" * bad, "red"), ("─" * (room - good - bad), "dim"), (percent, "bold"), no_wrap=True
    )


def _grid(rows: Iterable[tuple[str, Text]]) -> Table:
    grid = Table.grid(padding=0)
    grid.add_column(width=LABEL, style="dim")
    grid.add_column()
    for label, value in rows:
        grid.add_row(label, value)
    return grid


def _rows(snapshot: Snapshot, width: int) -> list[tuple[str, Text]]:
    """The rows with a label; empty ones are left out."""
    rows = {
        "pages": [_figure(number, word) for word, number in _pages(snapshot.pages)] or [Text("none yet", "dim")],
        "files": [_figure(number, word) for word, number in _pages(snapshot.files)],
        "browser": [Text(told_browser.pages(snapshot.browser))] if snapshot.browser else [],
        "speed": _speed(snapshot),
        "records": [Text.assemble(f"{table} ", (count(n), "bold")) for table, n in snapshot.records.items()],
        "tables": [Text(f"generation {told}" if not n else told) for n, told in enumerate(generation(snapshot))],
        "stores": _stores(snapshot.stores),
        "waits": [Text(snapshot.note, "yellow")] if snapshot.note else [],
    }
    return [(label, _flow(parts, width)) for label, parts in rows.items() if parts]


def _pages(pages: Mapping[ShownState, int]) -> list[tuple[str, int]]:
    return [(word, pages[state]) for state, word in PAGE_WORDS.items() if pages.get(state)]


def _figure(number: int, word: str) -> Text:
    style = {"failed": "bold red", "done": "bold green"}.get(word, "bold")
    return Text.assemble((count(number), style), f" {word}")


def _speed(snapshot: Snapshot) -> list[Text]:
    parts = []
    if snapshot.state is RunState.RUNNING:
        parts.append(Text.assemble((rate(snapshot.pages_per_second), "bold"), " pages/s"))
        parts.append(Text.assemble((size(snapshot.bytes_per_second), "bold"), "/s"))
    if snapshot.bytes:
        parts.append(Text(f"{size(snapshot.bytes)} read"))
    if snapshot.retries:
        parts.append(Text(f"{count(snapshot.retries)} {'retry' if snapshot.retries == 1 else 'retries'}"))
    return parts


def _stores(stores: Mapping[str, StoreView]) -> list[Text]:
    """The progress of the stores; those equally far along are named together."""
    alike: dict[StoreView, list[str]] = {}
    for name, store in stores.items():
        alike.setdefault(store, []).append(name)
    return [_store(", ".join(names), store) for store, names in alike.items()]


def _store(names: str, store: StoreView) -> Text:
    if store.trouble:
        return Text(f"{names}: {_to_write(store)}", "red")
    if store.lag:
        return Text.assemble(f"{names} ", (count(store.lag), "bold"), " to write")
    return Text.assemble(f"{names} ", ("up to date", "green"))


def _to_write(store: StoreView) -> str:
    """The records that a store has yet to take, and its trouble if it has any."""
    told = [f"{count(store.lag)} {'record' if store.lag == 1 else 'records'} to write"] if store.lag else []
    if store.trouble:
        told.append(f"{store.trouble} (for {span(store.trouble_for)})" if store.trouble_for else store.trouble)
    return "; ".join(told)


def _flow(parts: Iterable[Text], width: int) -> Text:
    """The parts in lines that fit the width, broken only between parts."""
    flowing, used = Text(), 0
    for part in parts:
        if used and used + 3 + part.cell_len > width:
            flowing.append("\n")
            used = 0
        elif used:
            flowing.append(" · ", "dim")
            used += 3
        flowing.append_text(part if part.cell_len <= width else _folded(part, width))
        used += part.cell_len
    return flowing


def _folded(text: Text, width: int) -> Text:
    """A long text folded into a few lines: troubles are sentences."""
    lines = textwrap.wrap(text.plain, width, max_lines=LONGEST_STORY, placeholder="…")
    return Text("\n", text.style).join(_cut(Text(line, text.style), width) for line in lines)


def _cut(text: Text, width: int) -> Text:
    cut = text.copy()
    cut.truncate(width, overflow="ellipsis")
    return cut


def _hosts(hosts: Iterable[HostView], width: int) -> Table:
    """The hosts that make the run wait; a narrow terminal leaves out their pace."""
    wide = width >= 60
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim", width=width)
    table.add_column("hosts", ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("", no_wrap=True)
    if wide:
        table.add_column("every", justify="right", no_wrap=True)
        table.add_column("latency", justify="right", no_wrap=True)
    table.add_column("", ratio=1, no_wrap=True, overflow="ellipsis")
    for host in hosts:
        pace = (span(host.delay), span(host.latency)) if wide else ()
        table.add_row(host.host, _now(host), *pace, _why(host))
    return table


def _now(host: HostView) -> Text:
    if host.parked_for > 0:
        return Text(f"parked {span(host.parked_for)}", "yellow")
    return Text(f"{host.open} open")


def _why(host: HostView) -> Text:
    if host.why:
        return Text(host.why, "yellow")
    return Text(f"{host.failures} failures in a row", "red") if host.failures > 1 else Text()
