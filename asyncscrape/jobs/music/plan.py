"""The plan of the job, as `check` prints it."""

from __future__ import annotations

from collections.abc import Iterator

from asyncscrape.config.models import Config
from asyncscrape.jobs.music.artists_file import orders
from asyncscrape.jobs.music.config import ALL, BEATPORT_API, Music
from asyncscrape.jobs.sites.soundcloud import source, without_robots
from asyncscrape.parsers.soundcloud import official_api
from asyncscrape.units import in_words
from asyncscrape.views.figures import count

SHOPS = {
    "api": "tracks are looked up at Beatport: its API, with your token",
    "pages": "tracks are looked up at Beatport: its public search and track pages",
    "off": "tracks are not looked up at Beatport",
}


def plan(config: Config) -> Iterator[str]:
    """The artists, what is wanted of each, where it comes from, and why a robots.txt is not asked."""
    options = config.section(Music)
    named = orders(options.artists, options.artists_file)
    given = sum(bool(order.permalink) for order in named)
    yield f"{count(len(named))} artists" + (f", {count(given)} of them by permalink" if given else "")
    yield f"tracks: {_most(options.max_tracks)} of each artist; comments: {_most(options.comments)} of each track"
    yield source(options)
    yield f"{SHOPS[options.shop]}; sounds longer than {in_words(options.max_track_length)} are sets"
    yield f"pictures and waveforms: {'yes' if options.images else 'no'}; audio: {options.audio}"
    yield f"a later run asks for all counts again when they are {in_words(options.refresh)} old"
    yield from _robots(config, options)


def _most(most: object) -> str:
    return "all" if most == ALL else f"at most {most}"


def _robots(config: Config, options: Music) -> Iterator[str]:
    """Why the robots.txt of a host is not obeyed."""
    asked = [official_api.HOST] if options.soundcloud == "official" else []
    return without_robots(config, [*asked, *([BEATPORT_API] if options.shop == "api" else [])])
