"""The lists of the crowd that always fail, as faults that nobody has to switch on."""

from __future__ import annotations

import re
from urllib.parse import unquote

from asyncscrape.replica.answers import Asked
from asyncscrape.replica.behaviour import Fault
from asyncscrape.replica.crowd import truth
from asyncscrape.replica.crowd.id_ranges import is_of_crowd
from asyncscrape.replica.crowd.nouns import Crowd

_LIST = re.compile(r"/(?:stream/)?users/(?:soundcloud:users:)?(\d{1,18})/(likes|comments|reposts|followings)\b")


def fault_of(asked: Asked, crowd: Crowd) -> Fault | None:
    """The fault of the list that is asked for, if it is broken."""
    found = _LIST.match(unquote(asked.target))
    user_id = int(found[1]) if found else 0
    if found is None or not is_of_crowd(user_id) or truth.account(crowd, user_id) is None:
        return None
    broken = truth.broken_list(crowd, user_id)
    kind = found[2].replace("followings", "follows")
    return Fault(kind=broken.fault) if broken and broken.kind == kind else None
