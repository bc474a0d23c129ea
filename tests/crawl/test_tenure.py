"""A worker sends nothing once others may have its hosts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from asyncscrape.crawl.tenure import Tenure
from asyncscrape.errors import Postponed
from asyncscrape.lease_clock import now
from asyncscrape.team import Lease


def worker(lease: Lease) -> Any:
    return SimpleNamespace(lease=lease)


def test_it_holds_until_the_lease_ends_and_again_once_it_is_renewed() -> None:
    mine = worker(Lease(7, now() + 60))
    tenure = Tenure(mine)
    assert tenure.holds
    tenure.insist()
    mine.lease = Lease(7, now())
    assert not tenure.holds
    assert not tenure.lost
    with pytest.raises(Postponed):
        tenure.insist()
    mine.lease = Lease(7, now() + 60)
    assert tenure.holds


def test_under_a_new_lease_nothing_of_the_old_one_counts_until_it_was_dropped() -> None:
    mine = worker(Lease(7, now() + 60))
    tenure = Tenure(mine)
    mine.lease = Lease(8, now() + 60)
    assert tenure.lost
    assert not tenure.holds
    tenure.renew()
    assert tenure.holds
    assert tenure.is_of(8)
    assert not tenure.is_of(7)


def test_who_is_alone_has_its_hosts_forever() -> None:
    tenure = Tenure(worker(Lease()))
    assert tenure.holds
    assert tenure.forever
    assert not Tenure(worker(Lease(1, now() + 60))).forever
