"""The report on the terminal: how much there is, what is missing, and the moments that people talk about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from asyncscrape.jobs.music.report import told_enrichment
from asyncscrape.jobs.music.report.files import MusicReport
from asyncscrape.jobs.music.report.findings import WINDOW, LookUp, Moment, NotFound, Saying, SearchedNames, Summary
from asyncscrape.quality.shown_values import counted, example, percent
from asyncscrape.views.figures import clock, count, size
from asyncscrape.views.tables import facts

MOST_MISSING = 20
"""SearchedNames not found that are told."""


def shown(made: MusicReport) -> RenderableType:
    """As much as fits on a screen."""
    found = made.summary
    parts: list[RenderableType] = [facts(_counts(found))]
    if found.names.missing:
        parts += [Text(), Text("names not found", "bold"), *_missing(found.names.missing)]
    if told := dict(_gaps(found.coverage)):
        parts += [Text(), Text("filled in part", "bold"), facts(told)]
    if found.moments:
        title = f"most discussed moments (comments within {WINDOW} seconds)"
        parts += [Text(), Text(title, "bold"), _moments(found.moments)]
    if found.read and found.read.moments:
        title = "moments that people love and hate, as a small model reads their comments"
        parts += [Text(), Text(title, "bold"), told_enrichment.moments(found.read.moments)]
    return Group(*parts, Text(), *_files(made))


def _counts(found: Summary) -> dict[str, list[str]]:
    fates = [f"{count(number)} {_told(end, number)}" for end, number in found.fates.items()]
    told = {
        "artists": [count(found.artists) + _named(found.names)],
        "tracks": [count(found.tracks)],
        "popularity": [counted(found.observations, "daily count")],
        "comments": [f"{count(found.comments)}, {count(found.timed_comments)} of them at a time in the track"],
        "mood": [told_enrichment.labels(found.read)] if found.read else [],
        "Beatport": [" · ".join(fates)],
        "audio": told_enrichment.agreement(found.audio) if found.audio else [],
        "prediction": [told_enrichment.prediction(one) for one in found.predictions],
    }
    return {name: lines for name, lines in told.items() if lines}


def _named(names: SearchedNames) -> str:
    """How many names have an artist, of those that mean somebody."""
    wanted = names.found + len(names.missing)
    found = f", found for {count(names.found)} of {counted(wanted, 'name')}" if wanted else ""
    nobody = f"; {counted(names.nobody, 'name')} that the artists file sets to nobody" if names.nobody else ""
    return found + nobody


def _missing(names: Sequence[NotFound]) -> Iterator[RenderableType]:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", overflow="fold")
    table.add_column(overflow="fold")
    for one in names[:MOST_MISSING]:
        table.add_row(Text(example(one.name)), Text(example(one.why)))
    yield table
    if len(names) > MOST_MISSING:
        yield Text(f"and {count(len(names) - MOST_MISSING)} more; the table artist_choices has them all", style="dim")


def _told(end: LookUp, number: int) -> str:
    return f"{end}s" if end is LookUp.SET and number != 1 else end


def _gaps(coverage: Mapping[str, Mapping[str, float]]) -> Iterator[tuple[str, list[str]]]:
    """The columns of each table that are not full, the emptiest first; those that are equally full in one line."""
    for table, columns in coverage.items():
        by_share: defaultdict[str, list[str]] = defaultdict(list)
        for name, share in sorted(columns.items(), key=lambda item: item[1]):
            by_share[percent(share)].append(name)
        full = by_share.pop(percent(1), [])
        if by_share:
            lines = [f"{share:>5} {', '.join(names)}" for share, names in by_share.items()]
            yield table, [*lines, f"{percent(1)} {counted(len(full), 'other')}"]


def _moments(found: Sequence[Moment]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("track", ratio=2, overflow="fold")
    table.add_column("at", justify="right", no_wrap=True)
    table.add_column("comments", justify="right", no_wrap=True)
    table.add_column("what is said", ratio=3, overflow="fold")
    for moment in found:
        name = " – ".join(filter(None, (example(moment.artist), example(moment.title))))
        cells = (name, clock(moment.second), _size(moment), " · ".join(map(_quote, moment.said)))
        table.add_row(*map(Text, cells))
    return table


def _size(moment: Moment) -> str:
    people = f" by {count(moment.people)}" if moment.people < moment.comments else ""
    return count(moment.comments) + people


def _quote(said: Saying) -> str:
    times = f" ×{said.times}" if said.times > 1 else ""
    return f"“{example(said.text)}”{times}"


def _files(made: MusicReport) -> Iterator[Text]:
    folder = made.files[0].parent
    told = " model.html says how well plays and moods can be predicted." if made.summary.predictions else ""
    yield Text(f"The report is in {folder}; open tracks.html in any browser.{told}")
    yield Text(", ".join(f"{path.name} ({size(path.stat().st_size)})" for path in made.files), style="dim")
    if made.missing:
        yield Text(f"There is no data for {', '.join(made.missing)}.", style="dim")
