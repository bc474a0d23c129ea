"""The shop's faults: the same at each start, so that tests can rely on them.

Two kinds: addresses that lead nowhere (`Faults.answer`), and records whose page comes out damaged (`damaged`).
"""

from __future__ import annotations

from collections import Counter

from asyncscrape.replica.answers import Reply, redirect
from asyncscrape.replica.shop.catalogue import Catalogue
from asyncscrape.replica.shop.pages import sorry

BUSY = 7
"""Place in the catalogue of the record that is too busy for its first two visitors."""
BROKEN = 24
"""The record whose page always ends in a server error."""
WINDOWS_1252 = 12
"""The record whose page is in windows-1252 without saying so."""
TRUNCATED = 88
"""The record whose page breaks off in the middle of the price history."""
TAG_SOUP = 29
"""The record whose page closes no table cell and quotes few attributes."""

BUSY_VISITS = 2


class Faults:
    """The addresses that answer with an error or a redirect."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._busy = catalogue.records[BUSY].path
        self._visits: Counter[str] = Counter()
        week = catalogue.records[41]
        self._fixed = {
            catalogue.records[BROKEN].path: _error(500, "Something broke", "We are looking at it."),
            "/sale/2025": _error(410, "The sale is over", "It will not come back."),
            f"/r/{week.number.lower()}": redirect(301, f"/shop/item.php?id={week.id}"),
            "/shop/item.php": redirect(302, week.path),
            "/r/deal-of-the-day": redirect(302, "/r/todays-deal"),
            "/r/todays-deal": redirect(302, "/r/deal-of-the-day"),
        }

    def answer(self, path: str) -> Reply | None:
        """The fault at this path, if it has one."""
        if path == self._busy:
            self._visits[path] += 1
            if self._visits[path] <= BUSY_VISITS:
                return _error(503, "Too many guests", "Please come back in a moment.", {"Retry-After": "1"})
        return self._fixed.get(path)


def damaged(place: int, html: str) -> Reply:
    """A record's page as it leaves the server; most are whole."""
    match place:
        case _ if place == WINDOWS_1252:
            undeclared = html.replace('<meta charset="utf-8">\n', "")
            return Reply(undeclared.encode("cp1252", "xmlcharrefreplace"), "text/html")
        case _ if place == TRUNCATED:
            start = html.index('<table class="history">')
            return Reply(html[: (start + html.index("</table>", start)) // 2].encode())
        case _ if place == TAG_SOUP:
            soup = html.replace("</td>", "").replace("</tr>", "").replace('class="track"', "class=track")
            return Reply(soup.replace("</dd>", "</dd></div></b>").encode())
    return Reply(html.encode())


def _error(status: int, what: str, why: str, headers: dict[str, str] | None = None) -> Reply:
    return Reply(sorry(what, why).encode(), status=status, headers=headers or {})
