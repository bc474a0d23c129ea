"""The one rule for several records with a key: the newest stands, in every store.

Newest is the greater `Rank`: first by the time of the fetch, then by the fingerprint of the page's URL. The order in
which records reach a store does not count. Records of equal rank come from one page, and the later one on it stands.

In a table with `merge`, the rule applies to each column: its newest value that is not null stands, whatever came
after it, and the row says where and when its newest record was found. A withdrawal has a rank as well: it removes
what is older, in every column, and nothing that is newer.

A *sweep* is a withdrawal that names other columns than the key, as `{"artist_id": 4711}`: all comments of an artist,
without their keys. It removes what is not newer than itself from each row that holds these values, and nothing
from any other row; of its own page it removes everything.

* The values that a row holds are those that stand before anything is swept: of the newest record, and in a table with
  `merge` the newest value of each column, whoever said it and when. So a record without the column goes along with
  the row that others of its key make, and a row that a newer record gives to another artist is not touched.
* What is newer than the sweep stays, in a table with `merge` the values that newer records gave.
* A sweep only hides; the stores keep what it hides out of the tables, since the next record with that key may give
  the row to another artist, or lie between the two. Which order things arrive in makes no difference.
* Of several sweeps that reach a row, the newest counts. A null is swept by none.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

WITHDRAWN = "_withdrawn"
"""The field that makes a line a withdrawal: it holds the key, or the columns to sweep by, and `true` here."""


class Rank(NamedTuple):
    """The place of a record among those with its key."""

    fetched_at: str
    """As `model.timestamp` writes it, so that text sorts like time."""
    url_print: str
    """See `url_print`."""


def url_print(url: str) -> str:
    """The fingerprint of a page's URL; Postgres can compute it too, with `sha256(convert_to(url, 'UTF8'))`."""
    return sha256(url.encode()).hexdigest()


def rank(url: str, fetched_at: str) -> Rank:
    """The rank of a record found at this URL at this time."""
    return Rank(fetched_at, url_print(url))
