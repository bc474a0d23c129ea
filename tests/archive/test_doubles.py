"""Two workers may take out the same second copies at once, each by what it saw some time ago: nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as some

from asyncscrape.archive.kept_answer import KeptAnswer
from asyncscrape.errors import FetchError, Reason
from asyncscrape.storage.archive.shared.answer_objects import GrowingObject, ListedAnswer
from asyncscrape.storage.archive.shared.answer_place import AnswerPlace
from asyncscrape.storage.archive.shared.doubles import take_out_doubles
from asyncscrape.storage.base import Permit

JOB = "shop"
PLENTY = 10_000


class Killed(Exception):
    """Nothing more is done."""


class ObjectsInMemory:
    """Objects of which each call may be the last."""

    place = 1

    def __init__(self) -> None:
        self.there: dict[str, bytes] = {}
        self.left = PLENTY
        self._then: Callable[[], None] | None = None

    def at(self, calls: int, then: Callable[[], None]) -> None:
        """Do something before the call that comes after so many."""
        self.left, self._then = calls, then

    def _call(self) -> None:
        self.left -= 1
        if self.left < 0:
            then, self._then, self.left = self._then, None, PLENTY
            if then is None:
                raise Killed
            then()

    def probe(self) -> str:
        return "here"

    def where(self, name: str) -> str:
        return name

    def sizes(self, prefix: str, behind: str = "") -> Mapping[str, int]:
        return {name: len(content) for name, content in self.there.items() if name.startswith(prefix)}

    def put(self, name: str, content: bytes, permit: Permit | None = None) -> None:
        self._call()
        self.there[name] = content

    def read(self, name: str, start: int, length: int) -> bytes:
        if name not in self.there:
            raise FetchError(Reason.BLOB_STORE, "gone", transient=False)
        return self.there[name][start : start + length]

    def remove(self, names: Iterable[str]) -> None:
        self._call()
        for name in names:
            self.there.pop(name, None)

    def close(self) -> None:
        pass


def listed(number: int, *, whole: bool) -> ListedAnswer:
    url, time = f"http://site.example/{number}", "2026-11-01T00:00:00.000Z"
    return ListedAnswer(
        KeptAnswer(url, (), "page", "", time, 200, "text/html", bytes([number]), 1, b"", b""), 2, 1, 0, whole=whole
    )


def put_all(objects: ObjectsInMemory, groups: Iterable[Iterable[tuple[int, bool]]]) -> AnswerPlace:
    place = AnswerPlace(objects, JOB)
    for group in groups:
        gathering = GrowingObject(JOB)
        for number, whole in group:
            gathering.add(listed(number, whole=whole), b"record %d %d" % (number, whole))
        made = gathering.made()
        assert made is not None
        place.put(made)
    return place


def answers(place: AnswerPlace) -> Counter[int]:
    found = Counter[int]()
    for name, size in place.sizes().items():
        for one, record in place.records(name, size, place.listed(name, size)):
            number = int(one.answer.url.rpartition("/")[2])
            assert record == b"record %d %d" % (number, one.whole)
            found[number] += 1
    return found


def sizes(place: AnswerPlace) -> dict[str, int]:
    return {name.text: size for name, size in place.sizes().items()}


groups = some.lists(some.dictionaries(some.integers(0, 9), some.booleans(), min_size=1), min_size=1, max_size=6)


@given(groups=groups, stops=some.lists(some.integers(0, 8), max_size=5), late=some.booleans())
@settings(deadline=None, max_examples=100)
def test_kills_lose_nothing_and_in_the_end_each_is_there_once(
    groups: list[dict[int, bool]], stops: list[int], late: bool
) -> None:
    objects = ObjectsInMemory()
    place = put_all(objects, [group.items() for group in groups])
    before, seen = answers(place).keys(), sizes(place)
    for stop in stops:
        objects.left = stop
        with suppress(Killed):
            take_out_doubles(place, seen if late else sizes(place))
        assert before == answers(place).keys()
    objects.left = PLENTY
    take_out_doubles(place, sizes(place))
    assert dict.fromkeys(before, 1) == answers(place)


@given(groups=groups, moments=some.lists(some.integers(0, 6), min_size=1, max_size=4))
@settings(deadline=None, max_examples=100)
def test_two_at_once_lose_nothing(groups: list[dict[int, bool]], moments: list[int]) -> None:
    """While the first is at it, another does it several times, by what was there at first or is there now."""
    objects = ObjectsInMemory()
    place = put_all(objects, [group.items() for group in groups])
    before, seen = answers(place).keys(), sizes(place)

    def other(left: list[int]) -> None:
        if left:
            objects.at(left[0], lambda: other(left[1:]))
        take_out_doubles(place, seen if len(left) % 2 else sizes(place))

    other(moments)
    assert before == answers(place).keys()
    objects.at(PLENTY, lambda: None)
    take_out_doubles(place, sizes(place))
    assert dict.fromkeys(before, 1) == answers(place)


def test_the_copy_with_a_body_stays() -> None:
    objects = ObjectsInMemory()
    place = put_all(objects, [[(1, False)], [(1, True), (2, True)], [(2, False)]])
    take_out_doubles(place, sizes(place))
    found = [one.whole for name, size in place.sizes().items() for one in place.listed(name, size)]
    assert [True, True] == found


def test_of_two_copies_in_one_object_the_one_with_a_body_stays() -> None:
    objects = ObjectsInMemory()
    place = put_all(objects, [[(1, True), (1, False), (2, True)], [(1, False)]])
    take_out_doubles(place, sizes(place))
    found = {one.answer.url: one.whole for name, size in place.sizes().items() for one in place.listed(name, size)}
    assert {f"http://site.example/{number}": True for number in (1, 2)} == found
