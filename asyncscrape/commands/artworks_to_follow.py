"""The colours that a cover is to follow: those of the artworks that a built-in job has stored."""

from __future__ import annotations

import asyncio

from asyncscrape.analysis.generation.artwork_colours import ArtworkColours, colours_of
from asyncscrape.commands import needed_extras, report
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import load
from asyncscrape.commands.jobs import built_in, never_run
from asyncscrape.errors import UsageError
from asyncscrape.frontier.build import build_frontier
from asyncscrape.quality.shown_values import counted
from asyncscrape.views.figures import count

LEAST = 20
"""Artworks; fewer say little about a mood."""


def colours_to_follow(chosen: Chosen) -> ArtworkColours:
    """The colours of the artworks of a job. Raises UsageError if it has too few."""
    config = load(chosen)
    job = built_in(config, chosen.jobs)
    if job is None or job.felt_artworks is None:
        kinds = " or ".join(f'kind = "{kind}"' for kind, known in chosen.jobs.items() if known.felt_artworks)
        raise UsageError(f"--like {chosen.path}: only a job of {kinds} has artworks to follow")
    needed_extras.require(config, chosen.jobs)
    if asyncio.run(build_frontier(config.frontier_place).standing()) is None:
        raise UsageError(f"--like {chosen.path}: {never_run(config, chosen)}")
    try:
        artworks = job.felt_artworks(report.finished_tables(config), chosen.arguments)
    except UsageError as error:
        raise UsageError(f"--like {chosen.path}: {error}") from error
    colours = colours_of(artworks)
    if len(colours.moods) < LEAST:
        found = f"{counted(len(colours.moods), 'artwork')} with a known mood can be read{_unreadable(colours)}"
        raise UsageError(f"--like {chosen.path}: {found}; it takes {LEAST}, so add artists or tracks to the job")
    return colours


def told(colours: ArtworkColours, mood: float) -> str:
    """What a cover of this mood follows, in words."""
    lowest, highest = colours.moods.min(), colours.moods.max()
    moods = f"whose tracks have moods from {lowest:+.2f} to {highest:+.2f}"
    beyond = "" if lowest <= mood <= highest else f", so none is near {mood:+.2f}, and the nearest count most"
    return f"Its hues follow {count(len(colours.moods))} artworks {moods}{beyond}{_unreadable(colours)}."


def _unreadable(colours: ArtworkColours) -> str:
    return f"; {count(colours.unreadable)} more cannot be read" if colours.unreadable else ""
