"""The job "music": artists, their tracks, every comment, and what Beatport knows of each track.

    artist ─► people ─► artist ─► tracks ─► comments
              resolve ┘           tracks    the shop
                                  …

Each page leads to the next, and all that its parser needs besides the answer is in its URL and its note, so all of
them run at once. An edition of the job begins on a day; a run that finds an unfinished edition finishes it. A later
run begins a new one: it goes to the chosen profiles at once, reads each list of tracks until it knows all on a page,
and reads comments where their number has changed. `past.py` knows what was asked before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial

import msgspec

from asyncscrape.config.models import Config
from asyncscrape.crawl_job import Job
from asyncscrape.jobs.music.artists import Artists
from asyncscrape.jobs.music.artists_file import Order, orders
from asyncscrape.jobs.music.config import Music, access
from asyncscrape.jobs.music.look_up import shop_of
from asyncscrape.jobs.music.past import edition, known
from asyncscrape.jobs.music.tracks import Tracks
from asyncscrape.jobs.sites.soundcloud import APIS, SECRET_NAMES
from asyncscrape.model import BLOBS, Parser, PastRequest, Request
from asyncscrape.parsers.beatport.columns import BEATPORT_COLUMNS, ShopFiles
from asyncscrape.parsers.soundcloud.choosing import CANDIDATES
from asyncscrape.parsers.soundcloud.images import smaller
from asyncscrape.parsers.soundcloud.music_tables import TABLES
from asyncscrape.parsers.soundcloud.music_tables import TRACKS as SOUNDS
from asyncscrape.parsers.soundcloud.request_notes import (
    ARTIST,
    COMMENTS,
    NOBODY,
    PEOPLE,
    RESOLVE,
    TRACKS,
    NameNote,
    written,
)

TRACKS_OF_BOTH = msgspec.structs.replace(SOUNDS, columns=(*SOUNDS.columns, *BEATPORT_COLUMNS))
"""The table of tracks, with the columns that Beatport fills."""
ALL_TABLES = (*(TRACKS_OF_BOTH if table is SOUNDS else table for table in TABLES), BLOBS)


def music_job(config: Config, past: Sequence[PastRequest], today: date) -> Job:
    """The job, going on from the requests of earlier runs. Raises ConfigError for a bad file of artists."""
    options = config.section(Music)
    wanted = options.wanted
    named = orders(options.artists, options.artists_file)
    before = known(
        past,
        edition(past) or today.isoformat(),
        wanted,
        options.refresh,
        {order.name: order.permalink for order in named},
    )
    api = APIS[options.soundcloud]()
    artists = Artists(api, wanted, before)
    shop = shop_of(wanted.beatport, before, ShopFiles(wanted.images, wanted.audio == "previews"))
    tracks = Tracks(api, before, shop)
    parsers: dict[str, Parser] = {
        PEOPLE: artists.people,
        RESOLVE: artists.resolved,
        ARTIST: artists.profile,
        TRACKS: tracks.listed,
        COMMENTS: tracks.comments,
        **(shop.parsers if shop else {}),
    }
    begin = Beginning(artists, options.min_followers)
    return Job(
        config.name,
        ALL_TABLES,
        parsers,
        partial(seeds, begin, named),
        smaller,
        access=access(options),
        secret_names=SECRET_NAMES,
        newest_first=True,
    )


class Beginning:
    """The first request for each artist."""

    def __init__(self, artists: Artists, least: int) -> None:
        self._artists = artists
        self._least = least

    def open(self, order: Order) -> bool:
        """Whether there is anything to ask: not if it is settled that nobody is meant."""
        return order.permalink != NOBODY or not self._artists.names.settled(order.name)

    def seed(self, order: Order) -> Request:
        """The profile if it is known whom the name means; else a search, or the permalink."""
        names, api = self._artists.names, self._artists.api
        turn = names.current(order.name)
        if turn and (chosen := names.choice(order.name)):
            link = self._artists.link(order.name, chosen.artist, turn.given, chosen.own)
            return Request(link.url, link.kind, note=link.note)
        number, permalink = names.turn(order.name), order.permalink
        if permalink and permalink != NOBODY:
            given = NameNote(names.edition, order.name, permalink, turn=number)
            return Request(api.resolve(permalink), RESOLVE, note=written(given))
        name = NameNote(names.edition, order.name, permalink, self._least, turn=number)
        return Request(api.search(order.name, CANDIDATES), PEOPLE, note=written(name))


def seeds(begin: Beginning, named: Sequence[Order]) -> Iterator[Request]:
    """The first request for each artist that there is something to ask about.

    The last comes first, since the newest requests are sent first: so the list is walked from its top.
    """
    return (begin.seed(order) for order in reversed(named) if begin.open(order))
