"""Fields that are pictures or PDFs of their page. One that could not be made is empty, and a flaw of the page."""

from __future__ import annotations

from collections.abc import Iterable

from asyncscrape.model import FlawKind, Response
from asyncscrape.page_shots import Shot, reasons_in
from asyncscrape.parsers.flaws import Notes

NOT_OPENED = "the page was not opened in a browser"


def addresses_of(shots: Iterable[tuple[str, Shot]], page: Response) -> tuple[dict[str, str | None], Notes]:
    """The URL of each shot, by column, and what is wrong with those that have none."""
    told = reasons_in(page.request.note)
    found: dict[str, str | None] = {}
    missed: Notes = []
    for column, shot in shots:
        why = told.get(shot.name, NOT_OPENED)
        found[column] = None if why else shot.address(page.url)
        if why:
            missed.append((FlawKind.FAILED, column, why))
    return found, missed
