"""What hosts want to see: sent with every request, renewed in time, and shown to nobody else."""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from support.fetching import trusting
from support.guarded_site import APP, HOUR, QUOTA, SECRET, Clock, Guarded, ask, opened

from asyncscrape.access import TokenQuota
from asyncscrape.addresses import Guard
from asyncscrape.errors import AccessRefused, FetchError, Postponed, Reason, Withheld
from asyncscrape.fetchers.http.blame import Follows, Refusal, step
from asyncscrape.fetchers.http.credential_file import CredentialFile, Issued, Kept
from asyncscrape.fetchers.http.enclosure import Enclosure, without_parameter
from asyncscrape.fetchers.http.renewal import quota_at
from asyncscrape.fetchers.http.with_access import HttpWithAccess
from asyncscrape.fetchers.trust import Trust
from asyncscrape.model import Request


@pytest.fixture
async def site() -> AsyncIterator[Guarded]:
    guarded = Guarded()
    async with guarded.running():
        yield guarded


@pytest.fixture
def clock() -> Clock:
    return Clock()


def kept_in(data: Path) -> Kept:
    """The contents of the only file."""
    (path,) = (data / ".access").glob("*.json")
    return msgspec.json.decode(path.read_bytes(), type=Kept)


# --- on the wire ------------------------------------------------------------------------------


async def test_an_app_shows_its_token_to_its_host_and_to_no_other(
    site: Guarded, clock: Clock, tmp_path: Path
) -> None:
    async with opened(site, tmp_path, [site.app()], clock) as fetcher:
        answers = [
            await ask(fetcher, site),
            await ask(fetcher, site, "/away"),
            await ask(fetcher, site, host="other"),
        ]
    assert [("/x", "OAuth token1"), ("/away", "OAuth token1"), ("/x", None)] == site.seen
    assert [200, 302, 200] == [answer.status for answer in answers]
    assert [{"grant_type": "client_credentials"}] == site.forms


async def test_a_host_that_speaks_no_tls_sees_it_only_if_the_user_has_named_it_so(
    site: Guarded, clock: Clock, tmp_path: Path
) -> None:
    trust = Trust(guard=Guard.of(map(site.hosts.authority, ("api", "login"))))
    async with opened(site, tmp_path, [site.app()], clock, trust=trust) as fetcher:
        await ask(fetcher, site)
    assert [("/x", None)] == site.seen


async def test_an_id_is_in_the_query_that_is_sent_and_nowhere_else(
    site: Guarded, clock: Clock, tmp_path: Path
) -> None:
    async with opened(site, tmp_path, [site.given_id()], clock) as fetcher:
        answer = await ask(fetcher, site, "/x?q=%C3%A9&client_id=old")
        hop = await ask(fetcher, site, "/echo")
    assert ["/me?client_id=token0", "/x?q=%C3%A9&client_id=token0", "/echo?client_id=token0"] == [
        path for path, _ in site.seen
    ]
    assert site.hosts.url("api", "/x?q=%C3%A9&client_id=old") == answer.url
    assert "/x?a=1&b=2" == hop.headers["Location"]


@given(st.lists(st.sampled_from(["a=1", "client_id=x", "client_id", "b", "my_client_id=2", ""]), max_size=5))
def test_a_parameter_leaves_a_url_and_all_else_stays(pairs: list[str]) -> None:
    url = "http://h/p?" + "&".join(pairs)
    kept = [pair for pair in pairs if pair not in ("client_id=x", "client_id")]
    without = "http://h/p" + ("?" + "&".join(kept) if kept else "")
    assert (without if "client_id=" in url else url) == without_parameter(url, "client_id")
    assert Enclosure(query={"client_id": "n w"}).url(url).endswith("client_id=n%20w")


async def test_they_are_sent_to_another_origin_and_through_a_proxy(
    site: Guarded, clock: Clock, tmp_path: Path
) -> None:
    app = msgspec.structs.replace(site.app(url="https://login.test/oauth/token"), host="api.test")
    origins = {"https://login.test": site.hosts.url("login", ""), "https://api.test": site.hosts.url("api", "")}
    async with opened(site, tmp_path / "1", [app], clock, origins=origins) as fetcher:
        answer = await fetcher.fetch(Request("https://api.test/x"))
    assert (200, ("/x", "OAuth token1")) == (answer.status, site.seen[-1])
    own = msgspec.structs.replace(site.given_id(), host="api.example", probe="http://api.example/me")
    async with opened(site, tmp_path / "2", [own], clock, proxy=site.hosts.url("api", "")) as fetcher:
        answer = await fetcher.fetch(Request("http://api.example/x"))
    assert (200, "client_id=token1") == (answer.status, site.seen[-1][0].rpartition("?")[2])


async def test_nothing_that_is_shown_holds_them(
    site: Guarded, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with opened(site, tmp_path, [site.app()], clock) as fetcher:
        told = [repr(await ask(fetcher, site, path)) for path in ("/private", "/x", "/away")]
    wrong = site.app(client_secret="wr0ng")
    with pytest.raises(AccessRefused) as refused:
        async with opened(site, tmp_path / "2", [wrong], clock):
            pass
    shown = "\n".join([*told, str(refused.value), repr(wrong), repr(site.given_token("wr0ng")), caplog.text])
    assert [] == [secret for secret in ("token1", SECRET, "wr0ng") if secret in shown]


# --- the file ---------------------------------------------------------------------------------


async def test_the_token_is_kept_for_other_runs_where_only_its_owner_can_read_it(
    site: Guarded, clock: Clock, tmp_path: Path
) -> None:
    made: set[tuple[str, int]] = set()
    over = False

    def watch(event: str, given: tuple[object, ...]) -> None:  # there is no way to take it back
        if (
            not over
            and event == "open"
            and ".access" in str(given[0])
            and isinstance(given[2], int)
            and given[2] & os.O_CREAT
        ):
            made.add((Path(str(given[0])).suffix, given[2] & os.O_EXCL))

    sys.addaudithook(watch)
    old = os.umask(0)
    try:
        for _ in range(3):
            async with opened(site, tmp_path / "data", [site.app()], clock) as fetcher:
                assert 200 == (await ask(fetcher, site)).status
    finally:
        os.umask(old)
        over = True
    folder = tmp_path / "data/.access"
    modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert {"": 0o700, ".json": 0o600, ".lock": 0o600} == modes
    assert {(".new", os.O_EXCL), (".lock", 0)} == made, "never opened in another way"
    assert (1, "token1") == (len(site.forms), (kept_in(tmp_path / "data").issued or Issued("", 0)).value)
    assert not any(APP in path.name for path in folder.iterdir())


async def test_two_processes_at_once_share_one_token(site: Guarded, clock: Clock, tmp_path: Path) -> None:
    site.slow = 0.1

    async def one() -> int:
        async with opened(site, tmp_path, [site.app()], clock) as fetcher:
            return (await ask(fetcher, site)).status

    assert [200, 200, 200] == await asyncio.gather(one(), one(), one())
    assert 1 == len(site.forms)


async def test_a_file_that_cannot_be_read_is_no_file(site: Guarded, clock: Clock, tmp_path: Path) -> None:
    file = CredentialFile(tmp_path / ".access", "x")
    async with file.locked():
        await file.save(Kept(Issued("a", 1.0)))
        assert Kept(Issued("a", 1.0)) == await file.load()
        next((tmp_path / ".access").glob("*.json")).write_bytes(b'{"iss')
        assert Kept() == await file.load()


async def test_a_question_is_in_the_file_before_it_is_out(site: Guarded, clock: Clock, tmp_path: Path) -> None:
    answers, asked = site.login, list[Kept]()

    async def looking(request: web.Request) -> web.StreamResponse:
        asked.append(kept_in(tmp_path))
        return await answers(request)

    site.login = looking  # type: ignore[method-assign]
    async with site.running(), opened(site, tmp_path, [site.app(quotas=QUOTA)], clock):
        pass
    assert [Kept(asked=(clock.now,))] == asked


# --- renewal ----------------------------------------------------------------------------------


async def test_a_token_is_renewed_before_it_ends_and_once_for_all_that_wait(
    site: Guarded, clock: Clock, tmp_path: Path
) -> None:
    async with opened(site, tmp_path, [site.app()], clock) as fetcher:
        clock.now += HOUR - 61
        await ask(fetcher, site)
        assert 1 == site.given
        clock.now += 2
        answers = await asyncio.gather(*(ask(fetcher, site) for _ in range(20)))
    assert ([200] * 20, 2) == ([answer.status for answer in answers], site.given)


async def test_requests_whose_token_was_refused_come_round_again_with_one_new_token(
    site: Guarded, clock: Clock, tmp_path: Path
) -> None:
    async with opened(site, tmp_path, [site.app()], clock) as fetcher:
        clock.now += 10
        site.given += 1
        found = await asyncio.gather(*(ask(fetcher, site) for _ in range(20)), return_exceptions=True)
        assert {(Postponed, None)} == {(type(one), getattr(one, "not_before", "")) for one in found}
        answers = await asyncio.gather(*(ask(fetcher, site) for _ in range(20)))
    assert ([200] * 20, 2) == ([answer.status for answer in answers], len(site.forms))


async def test_the_refusal_of_a_young_token_stands(site: Guarded, clock: Clock, tmp_path: Path) -> None:
    async with opened(site, tmp_path, [site.app()], clock) as fetcher:
        assert 401 == (await ask(fetcher, site, "/private")).status
    assert 1 == len(site.forms)


async def test_pages_that_are_closed_to_us_do_not_use_up_tokens(site: Guarded, clock: Clock, tmp_path: Path) -> None:
    async with opened(site, tmp_path, [site.app()], clock) as fetcher:
        for n in range(30):
            statuses = []
            while not statuses:  # a page that waits for a sign
                clock.now += 10
                with suppress(Postponed):
                    statuses.append((await ask(fetcher, site, f"/private?{n}")).status)
                assert 200 == await again(fetcher, site, "/x")
            assert [401] == statuses
    assert 2 == len(site.forms)


@pytest.mark.parametrize("kind", ["app", "public"])
async def test_one_that_is_revoked_after_a_renewal_in_vain_costs_no_url(
    site: Guarded, clock: Clock, tmp_path: Path, kind: str
) -> None:
    site.refusal = 403 if kind == "public" else 401
    async with opened(site, tmp_path, [site.app() if kind == "app" else site.public()], clock) as fetcher:
        clock.now += 10
        await again(fetcher, site, "/private")
        assert 200 == await again(fetcher, site, "/x")
        site.given += 1
        clock.now += 10
        for n in range(3):
            with pytest.raises(Postponed):
                await ask(fetcher, site, f"/x?{n}")
        clock.now += 10
        assert 200 == await again(fetcher, site, "/x?0")
        assert [200, 200] == [await again(fetcher, site, f"/x?{n}") for n in (1, 2)]


async def test_an_id_that_is_refused_waits_until_the_page_publishes_another(
    site: Guarded, clock: Clock, tmp_path: Path
) -> None:
    async with opened(site, tmp_path, [site.public()], clock) as fetcher:
        clock.now += 10
        site.closed = True
        for pause in (2, 4):
            with pytest.raises(Postponed) as waits:
                await ask(fetcher, site)
            assert pause == pytest.approx((waits.value.not_before or 0) - clock.now)
            clock.now += pause
        site.closed, site.given = False, site.given + 1
        assert 200 == await again(fetcher, site, "/x")


async def test_a_refusal_by_the_issuer_in_mid_run_may_pass(site: Guarded, clock: Clock, tmp_path: Path) -> None:
    async with opened(site, tmp_path, [site.app()], clock) as fetcher:
        for times in (2, 6):
            clock.now += HOUR
            site.trouble = [web.json_response({"error": "invalid_client"}, status=401) for _ in range(times)]
            while site.trouble:
                with pytest.raises((Postponed, Withheld)) as waits:
                    await ask(fetcher, site)
                clock.now = getattr(waits.value, "not_before", clock.now)
            assert (times == 6) == isinstance(waits.value, Withheld)
            if times == 2:
                assert 200 == (await ask(fetcher, site)).status
        with pytest.raises(Withheld, match="refuses client_id and client_secret"):
            await ask(fetcher, site)
    assert 10 == len(site.forms), "nobody is asked once it stands"


async def test_an_id_that_is_wrong_is_told_at_once_with_its_key(site: Guarded, clock: Clock, tmp_path: Path) -> None:
    wrong = msgspec.structs.replace(site.given_id(), value="wrong", keys="music.client_id", advice="get another")
    with pytest.raises(AccessRefused) as refused:
        async with opened(site, tmp_path, [wrong], clock):
            pass
    host = site.hosts.authority("api")
    told = f"{host} refuses music.client_id (http 401): it has ended or was never good; get another"
    assert told == str(refused.value)
    assert ["/me?client_id=wrong"] == [path for path, _ in site.seen]


@given(st.builds(Refusal))
def test_no_page_is_lost_without_a_sign(refusal: Refusal) -> None:
    if step(refusal) is Follows.STANDS and refusal.accepted:
        assert refusal.sign


def test_who_is_to_blame() -> None:
    told = {
        Refusal(current=False): Follows.AGAIN,
        Refusal(sure=True): Follows.MEND,
        Refusal(sure=True, sign=True): Follows.STANDS,
        Refusal(age=1.0): Follows.STANDS,
        Refusal(age=10.0): Follows.MEND,
        Refusal(age=10.0, mended=True): Follows.STANDS,
        Refusal(age=10.0, in_vain=True): Follows.STANDS,
        Refusal(accepted=True): Follows.LATER,
        Refusal(accepted=True, age=10.0): Follows.MEND,
        Refusal(accepted=True, in_vain=True): Follows.LATER,
        Refusal(accepted=True, waited=True, sign=True): Follows.STANDS,
        Refusal(accepted=True, waited=True): Follows.MEND,
    }
    assert told == {refusal: step(refusal) for refusal in told}


async def again(fetcher: HttpWithAccess, site: Guarded, path: str) -> int:
    """The status in the end, of a request that may come round once more."""
    with suppress(Postponed):
        return (await ask(fetcher, site, path)).status
    return (await ask(fetcher, site, path)).status


async def test_a_quota_is_kept_over_restarts_and_counts_what_was_in_vain(
    site: Guarded, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    quotas = (TokenQuota(2, HOUR),)
    site.life = 1800
    site.trouble = [web.Response(status=502)]
    begun = clock.now
    async with opened(site, tmp_path, [site.app(quotas=quotas)], clock) as fetcher:
        with pytest.raises(Postponed) as trouble:
            await ask(fetcher, site)
        clock.now += 60
        assert 200 == (await ask(fetcher, site)).status
    clock.now += 1800
    async with opened(site, tmp_path, [site.app(quotas=quotas)], clock) as fetcher:
        with pytest.raises(Postponed) as waits:
            await ask(fetcher, site)
        assert 2 == len(site.forms)
        assert waits.value.not_before == pytest.approx(begun + HOUR, abs=1)
        clock.now = begun + HOUR + 1
        assert 200 == (await ask(fetcher, site)).status
    assert (3, begun + 2) == (len(site.forms), trouble.value.not_before)
    assert "quota of tokens is used up" in waits.value.detail
    assert waits.value.detail in caplog.text


LIMIT = {"bucket": "by-ip", "max_nr_of_requests": 30, "time_window": "PT1H", "name": "client-credentials-exchange"}
RESET = {"rate_limit": LIMIT, "remaining_requests": 0, "reset_time": "1970/01/12 14:46:40 +0000"}


@pytest.mark.parametrize(
    ("body", "headers", "wait"),
    [
        ({"code": 429, "message": "rate_limit_exceeded", "errors": [{"error_message": "x"}]}, {}, 60),
        ({"errors": [{"meta": RESET}]}, {"Date": "Mon, 12 Jan 1970 13:46:40 GMT"}, HOUR),
        ({"errors": [{"meta": RESET}]}, {"Date": "Mon, 12 Jan 1970 13:46:40 GMT", "Retry-After": "5000"}, 5000),
        ({"errors": [{"meta": {**RESET, "reset_time": "soon"}}, None, {}]}, {}, 60),
        ({"error": "rate_limit_exceeded"}, {"Retry-After": "90"}, 90),
    ],
)
async def test_a_token_endpoint_that_is_asked_too_often_is_left_alone(
    site: Guarded, clock: Clock, tmp_path: Path, body: object, headers: dict[str, str], wait: float
) -> None:
    site.trouble = [web.json_response(body, status=429, headers=headers)]
    for _ in range(2):  # the second run heeds what the first was told
        async with opened(site, tmp_path, [site.app()], clock) as fetcher:
            with pytest.raises(Postponed) as waits:
                await ask(fetcher, site)
            assert clock.now + wait == pytest.approx(waits.value.not_before, abs=1)
    assert 1 == len(site.forms)


@pytest.mark.parametrize("status", [500, 503, 404])
async def test_a_token_endpoint_in_trouble_is_asked_less_and_less_often(
    site: Guarded, clock: Clock, tmp_path: Path, status: int
) -> None:
    site.trouble = [web.Response(status=status) for _ in range(8)]
    waits: list[float] = []
    async with opened(site, tmp_path, [site.app()], clock) as fetcher:
        for _ in range(7):
            with pytest.raises(Postponed) as found:
                await ask(fetcher, site)
            waits.append((found.value.not_before or 0) - clock.now)
            clock.now += waits[-1] + 0.01
        waits.append(float((await ask(fetcher, site)).status) if not site.trouble else 0.0)
    assert [2, 4, 8, 16, 32, 60, 60] == pytest.approx(waits[:7], abs=0.1)


# --- the beginning of a run -------------------------------------------------------------------


async def test_wrong_credentials_are_told_at_once(site: Guarded, clock: Clock, tmp_path: Path) -> None:
    with pytest.raises(AccessRefused) as refused:
        async with opened(site, tmp_path, [site.app(client_secret="wrong")], clock):
            pass
    assert (
        f"{site.hosts.authority('login')} refuses client_id and client_secret (invalid_client): "
        "copy them again from where the app is registered"
    ) == str(refused.value)
    with pytest.raises(AccessRefused) as refused:
        async with opened(site, tmp_path, [site.given_token("old")], clock):
            pass
    assert (
        f"{site.hosts.authority('api')} refuses the token (http 401): it has ended or was never good; get a new one"
    ) == str(refused.value)
    async with opened(site, tmp_path, [site.given_token(site.token)], clock) as fetcher:
        assert 200 == (await ask(fetcher, site)).status
    assert [("/me", "OAuth old"), ("/me", "OAuth token0"), ("/x", "OAuth token0")] == site.seen


async def test_credentials_that_are_corrected_are_used_at_once(site: Guarded, clock: Clock, tmp_path: Path) -> None:
    with pytest.raises(AccessRefused):
        async with opened(site, tmp_path, [site.app(client_secret="wrong")], clock):
            pass
    async with opened(site, tmp_path, [site.app()], clock) as fetcher:
        assert 200 == (await ask(fetcher, site)).status


async def test_an_endpoint_out_of_reach_does_not_end_the_run(site: Guarded, clock: Clock, tmp_path: Path) -> None:
    gone = site.app(url="http://127.0.1.99:1/oauth/token")
    trust = trusting(site.hosts.authority("api"), "127.0.1.99:1")
    async with opened(site, tmp_path, [gone], clock, trust=trust) as fetcher:
        with pytest.raises(Postponed) as waits:
            await ask(fetcher, site)
    assert "the connection was refused" in waits.value.detail


async def test_a_bot_challenge_is_told_as_one(site: Guarded, clock: Clock, tmp_path: Path) -> None:
    wall = "<title>Just a moment...</title>"
    site.trouble = [web.Response(status=403, text=wall, content_type="text/html") for _ in range(2)]
    async with opened(site, tmp_path, [site.app()], clock) as fetcher:
        with pytest.raises(FetchError) as blocked:
            await ask(fetcher, site)
    assert (Reason.BLOCKED, False) == (blocked.value.reason, blocked.value.transient)


# --- an id that a page publishes --------------------------------------------------------------


@pytest.mark.parametrize("refusal", [401, 403])
async def test_an_id_that_rotates_is_read_again_once(
    site: Guarded, clock: Clock, tmp_path: Path, refusal: int
) -> None:
    site.refusal = refusal
    async with opened(site, tmp_path, [site.public()], clock) as fetcher:
        assert 200 == (await ask(fetcher, site)).status
        clock.now += 10
        site.given += 1
        assert 200 == await again(fetcher, site, "/x")
        if refusal == 403:
            site.closed = True
            clock.now += 10
            assert 403 == await again(fetcher, site, "/x"), "the page has no other, so the refusal stands"
    read = 3 if refusal == 403 else 2
    assert read == site.hosts.paths("home").count("/discover")
    async with opened(site, tmp_path, [site.public()], clock):
        assert read == site.hosts.paths("home").count("/discover"), "the next run finds it in the file"


async def test_a_bot_challenge_of_the_api_says_nothing_about_the_id(
    site: Guarded, clock: Clock, tmp_path: Path
) -> None:
    async with opened(site, tmp_path, [site.public()], clock) as fetcher:
        clock.now += 10
        assert 403 == (await ask(fetcher, site, "/wall")).status
    assert 1 == site.hosts.paths("home").count("/discover")


async def test_a_page_that_robots_txt_forbids_is_not_read(site: Guarded, clock: Clock, tmp_path: Path) -> None:
    async def never(url: str) -> bool:
        return False

    with pytest.raises(AccessRefused) as refused:
        async with opened(site, tmp_path, [site.public()], clock, permits=never):
            pass
    page = site.hosts.url("home", "/")
    assert f"robots.txt disallows {page}, so its client_id cannot be read" == str(refused.value)
    assert [] == site.hosts.paths("home")


# --- arithmetic -------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 100), max_size=12).map(sorted), st.integers(1, 5), st.floats(1, 50))
def test_no_window_ever_holds_more_than_the_quota(gaps: list[float], most: int, seconds: float) -> None:
    asked: tuple[float, ...] = ()
    now = 0.0
    for gap in gaps:
        now = max(now + gap, quota_at(asked, (TokenQuota(most, seconds),), now + gap))
        asked = (*asked, now)
    assert all(later - earlier >= seconds for earlier, later in zip(asked, asked[most:], strict=False))


def test_two_quotas_both_hold() -> None:
    assert 10.0 == quota_at((), QUOTA, 10.0)
    assert HOUR + 5 == pytest.approx(quota_at((5.0,), QUOTA, 10.0), abs=0.1)
    both = (TokenQuota(1, 10.0), TokenQuota(2, 100.0))
    assert 101.0 == pytest.approx(quota_at((1.0, 50.0), both, 70.0), abs=0.1)


def test_a_wrong_clock_leaves_neither_a_token_nor_a_deadline_for_years() -> None:
    """Ten years ahead, it was told to wait for a minute."""
    now, wrong = 1e9, 1.3e9
    kept = Kept(Issued("a", wrong - 50, wrong + 3600), (now - 9, wrong), wrong + 60)
    assert Kept(None, (now - 9, now), now + 60) == kept.as_of(now)
    assert kept is kept.as_of(wrong)
