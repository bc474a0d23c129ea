"""The pages of one account: its profile, its uploads, and the lists of what it has done.

Each leaves a finding for the end of the account's bundle, and leads to the next. The profile leads to all lists, so
they are read side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import msgspec

from asyncscrape.model import Link, Page, Response
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.soundcloud import sent_objects, wire
from asyncscrape.parsers.soundcloud.deeds import Deed, deed, deeds_of
from asyncscrape.parsers.soundcloud.official_api import OfficialApi
from asyncscrape.parsers.soundcloud.paging import Listing, ReadSoFar, next_page
from asyncscrape.parsers.soundcloud.readings import moment
from asyncscrape.parsers.soundcloud.request_notes import START, read, written
from asyncscrape.parsers.soundcloud.web_api import WebApi
from asyncscrape.urls import authority, canonical

ACCOUNT, UPLOADS = "account", "uploads"
GONE, PRIVATE, OPEN = "gone", "private", ""
OF_UPLOADS = Listing(5_000)
"""More uploads of one account are not read: the newest say nothing of when it emerged, but a list may never end."""
PLAYLISTS = "/playlists?"
"""In the address of a second list, where the API tells of tracks and playlists apart."""
REFUSALS = {401: PRIVATE, 403: PRIVATE, 404: GONE, 410: GONE}
"""What it means for an account when the site refuses its profile or one of its lists."""


class SentUpload(msgspec.Struct, frozen=True, gc=False):
    """An upload, of which only the time is read."""

    created_at: Any = None
    display_date: Any = None


sent_uploads = msgspec.json.Decoder(wire.Listed[SentUpload] | list[SentUpload | None])


class AccountFound(msgspec.Struct, frozen=True, array_like=True):
    """The finding of a profile."""

    id: int = 0
    """0 if it was refused."""
    permalink: str | None = None
    name: str | None = None
    followers: int | None = None
    track_count: int | None = None
    refused: str = OPEN


class Uploads(msgspec.Struct, frozen=True, array_like=True):
    """The finding of a page of uploads: when each was made."""

    times: Sequence[str]


class Deeds(msgspec.Struct, frozen=True, array_like=True):
    """The finding of a page of a list of deeds."""

    done: Sequence[Deed]
    refused: str = OPEN
    at: tuple[int, int] = (0, 0)
    """Its place: the number of the list, as the API has two of some kinds, and the items before it in that list."""


@dataclass(frozen=True)
class AccountPages:
    """The parsers of an account's pages."""

    api: OfficialApi | WebApi
    kinds: Sequence[str]
    latest: int
    """How many of each kind are wanted."""

    def profile(self, response: Response) -> Page:
        """The profile, and links to all lists; the end of an account that the site does not show."""
        if refused := REFUSALS.get(response.status):
            return _left(AccountFound(refused=refused))
        person = sent_objects.person(wire.answer(response, wire.one_user))
        if person is None:
            raise wire.unlike(ValueError("the profile has no id"))
        found = AccountFound(person.id, person.permalink, person.name, person.followers, person.track_count)
        limit = Listing(self.latest).limit
        lists = [(kind, url) for kind in self.kinds for url in self.api.done_by(person.id, kind, limit)]
        lists.append((UPLOADS, self.api.tracks(person.id, OF_UPLOADS.limit)))
        return _left(found, [Link(url, kind, written(START)) for kind, url in lists])

    def uploads(self, response: Response) -> Page:
        """The times of the uploads on a page, and the next page."""
        if response.status in REFUSALS:
            return _left(Uploads([]))
        sent, following = wire.page_of(response, sent_uploads)
        times = [at for one in sent if (at := moment(one.created_at, one.display_date))]
        return _left(Uploads(times), _next(response, UPLOADS, OF_UPLOADS, len(sent), following))

    def deeds(self, response: Response) -> Page:
        """What was done, as far as it is wanted, and the next page."""
        if refused := REFUSALS.get(response.status):
            return _left(Deeds([], refused))
        kind, listing = response.request.kind, Listing(self.latest)
        sent, following = deeds_of(response)
        before = read(response.request.note, ReadSoFar)
        at = (int(PLAYLISTS in response.request.asked), before.come)
        places = (f"at {at}: {place}" for place in count())
        done = [found for one in sent[: listing.room(before)] if (found := deed(kind, one, next(places)))]
        return _left(Deeds(done, at=at), _next(response, kind, listing, len(sent), following))


def _next(response: Response, kind: str, listing: Listing, items: int, following: object) -> Sequence[Link]:
    progress = listing.after(read(response.request.note, ReadSoFar), items)
    url = next_page(response, following) if progress else None
    if progress and url is None and (host := _other_host(response, following)):
        raise ParseError(f"the list goes on at another host, {host}, which is not asked; has the API moved?")
    return [Link(url, kind, written(progress))] if url and progress else []


def _other_host(response: Response, following: object) -> str | None:
    """The host that the link to the next page leads to, if it is another: nobody has agreed to ask that one."""
    asked = response.request.asked
    found = canonical(following.strip(), asked) if isinstance(following, str) else None
    return None if found is None or authority(found) == authority(asked) else authority(found)


def _left(finding: msgspec.Struct, links: Sequence[Link] = ()) -> Page:
    return Page(links=links, finding=msgspec.msgpack.encode(finding))
