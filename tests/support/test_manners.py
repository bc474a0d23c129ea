"""What is measured at a site: the tests of politeness rely on it."""

from __future__ import annotations

from support.graph_config import Asked
from support.manners import Promise, most_open, strayed, takeovers

PROMISE = Promise(delay=0.2, per_host=1, concurrency=2, rate=3, quotas={"slow": 1})


def asked(start: float, end: float, host: str = "host", agent: str = "w1") -> Asked:
    return Asked(start, end, 0, 0, 200, 0, agent, host, "/")


def test_a_log_that_keeps_a_promise() -> None:
    log = [asked(0.0, 0.1), asked(0.1, 0.3, "slow"), asked(0.2, 0.4), asked(1.0, 1.1), asked(1.1, 1.2, "slow")]
    assert 2 == most_open(log)
    assert [] == PROMISE.broken(log)


def test_each_way_to_break_a_promise_is_found() -> None:
    assert ["host after 0.100 s"] == PROMISE.broken([asked(0.0, 0.05), asked(0.1, 0.2)])
    assert ["host with 2 open"] == PROMISE.broken([asked(0.0, 0.5), asked(0.3, 0.6)])
    assert ["slow 2 times in a second"] == PROMISE.broken([asked(0.0, 0.1, "slow"), asked(0.5, 0.6, "slow")])
    assert ["3 open in all"] == PROMISE.broken([asked(0.0, 0.1, host) for host in ("a", "b", "c")])
    spread = [asked(0.2 * number, 0.2 * number + 0.1) for number in range(4)]
    assert ["4 in a second in all"] == PROMISE.broken(spread)


def test_requests_of_a_woken_process_to_hosts_of_others() -> None:
    others = [asked(2, 2.1, agent="w2")]
    late, later, own = asked(5.1, 5.2), asked(7, 7.1), asked(5.1, 5.2, "elsewhere")
    assert [late] == strayed([*others, late, own, later], "w1", stopped=1, woken=5)


def test_hosts_of_a_killed_worker_are_timed_until_somebody_asks_them() -> None:
    log = [asked(0, 0.1, "left"), asked(9, 9.1), asked(9, 9.1, "b", "w2"), asked(13, 13.1, agent="w2")]
    assert {"host": 3.0} == takeovers([*log, asked(14, 14.1, "left")], "w1", killed=10)
