"""Both APIs tell of the crowd what is true of it, page by page; and the crowd can be changed.

The answers over HTTP come from another process than the truth beside them.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from support.command import run

from asyncscrape.replica.answers import Asked, Reply
from asyncscrape.replica.behaviour import Switches
from asyncscrape.replica.crowd import truth
from asyncscrape.replica.crowd.nouns import KINDS, Act, Crowd, MemberState
from asyncscrape.replica.process import ReplicaProcess
from asyncscrape.replica.scene import truth as scene
from asyncscrape.replica.soundcloud.answering import hosts
from asyncscrape.replica.soundcloud.sites import TOKENS
from asyncscrape.replica.soundcloud.views import view

CROWD = Crowd(accounts=600, communities=12)
API, WEB, PAGES, CONTROL = "api.soundcloud.com", "api-v2.soundcloud.com", "soundcloud.com", "control.replica.test"
LISTS = {"likes": "users/{}/likes", "comments": "users/{}/comments", "reposts": "stream/users/{}/reposts"}
LISTS["follows"] = "users/{}/followings"


class Asker:
    """Ask the hosts of one crowd, in this process."""

    def __init__(self) -> None:
        self.switches = Switches(crowd=CROWD)
        self._hosts = hosts(self.switches)
        self._id = view(self.switches).client_id
        basic = "Basic " + b64encode(b"replica-app:replica-secret").decode()
        form = {"Authorization": basic, "Content-Type": "application/x-www-form-urlencoded"}
        told = self.reply(TOKENS, "/oauth/token", "POST", form, b"grant_type=client_credentials")
        self._token = {"Authorization": f"OAuth {json.loads(told.body)['access_token']}"}

    def reply(self, host: str, target: str, *more: Any) -> Reply:
        return self._hosts[host].answer(Asked(host, target, *more))

    def ask(self, host: str, target: str) -> Reply:
        if host == API:
            return self.reply(host, target, "GET", self._token)
        return self.reply(host, f"{target}{'&' if '?' in target else '?'}client_id={self._id}")

    def told(self, host: str, target: str) -> Any:
        reply = self.ask(host, target)
        assert 200 == reply.status
        return json.loads(reply.body)

    def pages(self, host: str, target: str) -> list[list[Any]]:
        pages, link = [], target
        while link:
            page = self.told(host, link.removeprefix(f"https://{host}"))
            pages.append(page["collection"])
            link = page.get("next_href")
        return pages


@pytest.fixture(scope="module")
def asker() -> Asker:
    return Asker()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ReplicaProcess(crowd={"accounts": 600, "communities": 12}) as port:
        yield port


def sent(port: int, host: str, target: str, body: bytes | None = None) -> Any:
    """What a replica in another process says."""
    with urlopen(Request(f"http://127.0.0.1:{port}{target}", body, {"Host": host})) as answer:
        return json.load(answer)


def usual(wanted: Callable[[int], bool] = lambda _: True) -> int:
    """The id of an account that is like most."""
    return next(
        one.profile.id for one in truth.accounts(CROWD) if one.state is MemberState.USUAL and wanted(one.profile.id)
    )


def of_state(state: MemberState) -> truth.Member:
    return next(one for one in truth.accounts(CROWD) if one.state is state)


def target(item: Any) -> tuple[int, str | None, bool, int]:
    """Whom an item of the web client's API is about, and when it was done."""
    if item.get("kind") == "user":
        return item["id"], None, False, 0
    sound = item.get("playlist") or item["track"]
    return sound["user"]["id"], item["created_at"], "playlist" in item, sound["id"]


def owner(item: Any) -> dict[str, Any]:
    """The owner of what is liked or reposted, as it stands in the list."""
    found: dict[str, Any] = (item.get("playlist") or item["track"])["user"]
    return found


def true_target(deed: Act) -> tuple[int, str | None, bool, int]:
    return deed.target_id, deed.at and f"{deed.at:%Y-%m-%dT%H:%M:%SZ}", deed.is_playlist, deed.sound_id


def number(urn: str) -> int:
    return int(urn.rpartition(":")[2])


# The lists


@pytest.mark.parametrize("kind", KINDS)
def test_the_web_clients_api_tells_all_deeds_page_by_page(asker: Asker, kind: str) -> None:
    for who in (usual(), usual(lambda one: 45 < len(truth.deeds_of(CROWD, one, kind)) < 90)):
        deeds = truth.deeds_of(CROWD, who, kind)
        pages = asker.pages(WEB, f"/{LISTS[kind].format(who)}?limit=20&linked_partitioning=1")
        assert [true_target(deed) for deed in deeds] == [target(item) for page in pages for item in page]
        assert [20] * (len(deeds) // 20) == [len(page) for page in pages][: len(deeds) // 20]


def test_a_page_holds_two_hundred_at_most(asker: Asker) -> None:
    who = usual(lambda one: len(truth.deeds_of(CROWD, one, "likes")) > 400)
    pages = asker.pages(WEB, f"/users/{who}/likes?limit=1000")
    assert [200, 200] == [len(page) for page in pages][:2]
    assert len(truth.deeds_of(CROWD, who, "likes")) == sum(map(len, pages))


def test_a_cursor_holds_time_list_and_id(asker: Asker) -> None:
    who = usual(lambda one: len(truth.deeds_of(CROWD, one, "likes")) > 12)
    deed = truth.deeds_of(CROWD, who, "likes")[4]
    link = asker.told(WEB, f"/users/{who}/likes?limit=5")["next_href"]
    sort = "playlist" if deed.is_playlist else "track"
    cursor = f"{deed.at:%Y-%m-%dT%H:%M:%S}.118Z,user-{sort}-likes,000-{who:020}-{deed.sound_id:020}"
    assert f"https://{WEB}/users/{who}/likes?offset={cursor}&limit=5" == link.replace("%3A", ":").replace("%2C", ",")


@pytest.mark.parametrize("kind", ["likes", "reposts"])
@pytest.mark.parametrize("sort", ["tracks", "playlists"])
def test_the_official_api_tells_the_same_in_two_lists(asker: Asker, kind: str, sort: str) -> None:
    who = usual(lambda one: sum(deed.is_playlist for deed in truth.deeds_of(CROWD, one, kind)) > 2)
    urn = f"soundcloud:users:{who}"
    pages = asker.pages(API, f"/users/{urn}/{kind}/{sort}?limit=20&linked_partitioning=true")
    deeds = [deed for deed in truth.deeds_of(CROWD, who, kind) if deed.is_playlist == (sort == "playlists")]
    items = [item for page in pages for item in page]
    assert [(deed.sound_id, deed.target_id) for deed in deeds] == [
        (number(item["urn"]), number(item["user"]["urn"])) for item in items
    ]
    assert {sort.removesuffix("s")} == {item["kind"] for item in items}


def test_the_official_api_tells_whom_somebody_follows(asker: Asker) -> None:
    who = usual(lambda one: len(truth.deeds_of(CROWD, one, "follows")) > 50)
    pages = asker.pages(API, f"/users/{who}/followings?limit=50&linked_partitioning=true")
    followed = [deed.target_id for deed in truth.deeds_of(CROWD, who, "follows")]
    assert followed == [number(item["urn"]) for page in pages for item in page]
    assert 404 == asker.ask(API, f"/users/{who}/comments").status


def test_playlists_are_often_of_others_and_of_their_owner(asker: Asker) -> None:
    who = usual(lambda one: any(deed.is_playlist for deed in truth.deeds_of(CROWD, one, "reposts")))
    items = [item for page in asker.pages(WEB, f"/stream/users/{who}/reposts") for item in page]
    for playlist in (item["playlist"] for item in items if item["type"] == "playlist-repost"):
        owner = truth.account(CROWD, playlist["user_id"])
        assert owner is not None
        assert owner.profile.permalink == playlist["permalink_url"].split("/")[3]
        assert playlist["user"]["id"] == playlist["user_id"]


def test_the_deleted_stand_without_a_name_in_the_lists_of_others(asker: Asker) -> None:
    gone = {one.profile.id for one in truth.accounts(CROWD) if one.state is MemberState.DELETED}
    for kind in KINDS:
        who = usual(lambda one, kind=kind: any(deed.target_id in gone for deed in truth.deeds_of(CROWD, one, kind)))
        items = [item for page in asker.pages(WEB, f"/{LISTS[kind].format(who)}?limit=200") for item in page]
        people = [item if kind == "follows" else (item.get("playlist") or item["track"])["user"] for item in items]
        left = [one for one in people if one["id"] in gone]
        assert left
        assert all({"id": one["id"], "kind": "user"} == one for one in left)


def test_uploads_are_told_with_their_times(asker: Asker) -> None:
    for patchy in (False, True):
        who = usual(lambda one, patchy=patchy: truth.number_of_uploads(CROWD, one) > 5 and (one % 10 == 3) == patchy)
        times = [f"{upload.created_at:%Y-%m-%dT%H:%M:%SZ}" for upload in truth.uploads_of(CROWD, who)]
        pages = asker.pages(WEB, f"/users/{who}/tracks?limit=3")
        assert times == [track["created_at"] for page in pages for track in page]
        assert len(times) == asker.told(WEB, f"/users/{who}")["track_count"]


def test_a_track_of_the_crowd_is_found_by_number_and_by_address(asker: Asker) -> None:
    who = usual(lambda one: truth.number_of_uploads(CROWD, one) > 2)
    upload = truth.uploads_of(CROWD, who)[1]
    address = f"https://soundcloud.com/{upload.by.permalink}/{upload.permalink}"
    assert upload.title == asker.told(WEB, f"/tracks/{upload.id}")["title"]
    assert upload.id == asker.told(WEB, f"/resolve?url={address}")["id"]


def test_what_goes_wrong_goes_wrong_with_the_crowd_too() -> None:
    asker, who = Asker(), usual(lambda one: len(truth.deeds_of(CROWD, one, "likes")) > 20)
    deeds = [true_target(deed) for deed in truth.deeds_of(CROWD, who, "likes")]
    asker.switches.change({"faults": [{"kind": "empty-page", "match": "*/likes*", "times": 2}]})
    pages = asker.pages(WEB, f"/users/{who}/likes?limit=20")
    assert [0, 0, 20] == [len(page) for page in pages][:3]
    assert deeds == [target(item) for page in pages for item in page]
    asker.switches.change({"faults": [{"kind": "deleted-users", "match": "*/likes*"}]})
    pages = asker.pages(WEB, f"/users/{who}/likes?limit=200")
    assert deeds == [target(item) for page in pages for item in page]
    assert {"id", "kind"} == {name for page in pages for item in page for name in owner(item)}


# The states


def test_who_does_nothing_or_shows_nothing_has_empty_lists(asker: Asker) -> None:
    for state in (MemberState.EMPTY, MemberState.PRIVATE):
        who = of_state(state).profile.id
        assert all([[]] == asker.pages(WEB, f"/{LISTS[kind].format(who)}") for kind in KINDS)
        assert (state is MemberState.PRIVATE) == (asker.told(WEB, f"/users/{who}")["likes_count"] > 0)


def test_the_deleted_are_not_there(asker: Asker) -> None:
    who = of_state(MemberState.DELETED).profile
    address = f"https://soundcloud.com/{who.permalink}"
    for path in (f"/users/{who.id}", f"/users/{who.id}/likes", f"/users/{who.id}/tracks", f"/resolve?url={address}"):
        assert [404, 404] == [asker.ask(host, path).status for host in (WEB, API)]


def test_a_broken_list_always_fails_and_the_others_do_not(asker: Asker) -> None:
    seen = set()
    for who in (one.profile.id for one in truth.accounts(CROWD) if one.state is MemberState.BROKEN):
        broken = truth.broken_list(CROWD, who)
        assert broken is not None
        status = {"server-error": 502, "gone": 404, "web-page": 200}[broken.fault]
        reply = asker.ask(WEB, f"/{LISTS[broken.kind].format(who)}?limit=200")
        assert (status, broken.fault == "gone") == (reply.status, reply.content_type.startswith("application/json"))
        rest = [kind for kind in KINDS if kind != broken.kind]
        assert [200] * 3 == [asker.ask(WEB, f"/{LISTS[kind].format(who)}").status for kind in rest]
        seen.add(broken)
    assert len(seen) > 2


def test_an_old_permalink_leads_to_the_new_one(asker: Asker) -> None:
    one = of_state(MemberState.RENAMED)
    old = f"https://soundcloud.com/{one.former_permalink}"
    assert one.profile.permalink == asker.told(WEB, f"/resolve?url={old}")["permalink"]
    assert 302 == asker.ask(API, f"/resolve?url={old}").status
    page = asker.reply(PAGES, f"/{one.former_permalink}/tracks")
    assert (301, f"/{one.profile.permalink}/tracks") == (page.status, page.headers["Location"])


def test_counts_may_be_null_in_both_apis(asker: Asker) -> None:
    who = of_state(MemberState.UNCOUNTED).profile.id
    web, official = (asker.told(host, f"/users/{who}") for host in (WEB, API))
    assert {None} == {web[name] for name in ("followers_count", "likes_count", "track_count", "followings_count")}
    assert {None} == {official[name] for name in ("followers_count", "public_favorites_count", "track_count")}


def test_nobody_of_the_crowd_has_a_permalink_of_the_scene() -> None:
    permalinks = {one.profile.permalink for one in truth.accounts(CROWD)}
    assert set() == permalinks & set(scene.profiles_by_permalink())


# Another process, another crowd


def test_another_process_tells_the_same_in_any_order(port: int, asker: Asker) -> None:
    people: Sequence[int] = [one.profile.id for one in truth.accounts(CROWD) if one.state is MemberState.USUAL][:12]
    for who in reversed(people):
        for kind in ("likes", "comments"):
            path = f"/{LISTS[kind].format(who)}?limit=30"
            assert asker.told(WEB, path) == sent(port, WEB, f"{path}&client_id={view(Switches()).client_id}")


def test_the_crowd_can_be_changed_and_goes_back(port: int) -> None:
    assert 600 == sent(port, CONTROL, "/crowd")["accounts"]
    other = sent(port, CONTROL, "/crowd", b'{"seed": 5, "accounts": 700}')
    assert (5, 700, 12) == (other["seed"], other["accounts"], other["communities"])
    crowd = Crowd(seed=5, accounts=700, communities=12)
    last = truth.accounts(crowd)[-1].profile
    url = f"/resolve?url=https://soundcloud.com/{last.permalink}&client_id={view(Switches()).client_id}"
    assert last.id == sent(port, WEB, url)["id"]
    assert 1 == sent(port, CONTROL, "/requests")["total"]
    sent(port, CONTROL, "/reset", b"")
    assert 600 == sent(port, CONTROL, "/crowd")["accounts"]


def test_the_desk_refuses_a_wrong_parameter(port: int) -> None:
    for body in (b'{"accounts": "many"}', b'{"people": 3}', b'{"accounts": 100}', b"[]", b"{"):
        with pytest.raises(HTTPError) as refused:
            sent(port, CONTROL, "/crowd", body)
        assert 400 == refused.value.code
        assert json.load(refused.value)["error"]
    assert 600 == sent(port, CONTROL, "/crowd")["accounts"]


def test_the_command_names_the_parameters_when_one_is_wrong() -> None:
    ended = run("replica", "--port", "0", "--crowd", "members=3")
    assert 2 == ended.code
    assert "`members`" in ended.err
    assert "with one of: seed, accounts, communities" in ended.err
