"""A lazy property is computed once for each object, and no object waits for another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from asyncscrape.lazy import lazy_property


class Answer:
    def __init__(self, ready: Event) -> None:
        self.ready = ready
        self.asked = 0

    @lazy_property
    def size(self) -> int:
        """How large it is."""
        self.asked += 1
        self.ready.wait(10)
        return self.asked


def test_it_is_computed_at_its_first_use_and_only_then() -> None:
    ready = Event()
    ready.set()
    one, other = Answer(ready), Answer(ready)
    assert 0 == one.asked
    assert (1, 1, 1) == (one.size, one.size, other.size)
    assert "How large it is." == Answer.size.__doc__


def test_an_object_does_not_wait_for_another() -> None:
    slow, free = Event(), Event()
    free.set()
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(lambda: Answer(slow).size)
        assert 1 == threads.submit(lambda: Answer(free).size).result(5)
        slow.set()
        assert 1 == waiting.result(5)
