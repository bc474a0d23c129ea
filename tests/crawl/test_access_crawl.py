"""A crawl of a site that wants to see a token or an id: nothing stored holds it, and waiting for it costs no URL."""

from __future__ import annotations

import asyncio
import gzip
import logging
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from support import items_job
from support.crawling import Crawled, configured, crawl, until
from support.guarded_site import SECRET, Guarded
from support.job_frontier import job_frontier
from support.shared_frontier import SharedFrontier
from support.shelf import Shelf, shelved

from asyncscrape.access import Access, TokenQuota
from asyncscrape.commands import again
from asyncscrape.crawl.build import Limits
from asyncscrape.crawl.run import Crawl
from asyncscrape.errors import AccessRefused
from asyncscrape.fetchers.http.credential_file import Kept
from asyncscrape.jobs.rules.job import rule_job
from asyncscrape.team import Team

RULES = """
[[page]]
match = "*"
table = "page"
[page.fields]
path = "json:path"
"""
GIVEN = "token7000000"
MANY = [f"/p/{n}" for n in range(40)]


@pytest.fixture
async def site() -> AsyncIterator[Guarded]:
    guarded = Guarded()
    async with guarded.running():
        yield guarded


async def crawled_with(
    access: Access, site: Guarded, folder: Path, paths: list[str], retries: int = 0, **politeness: object
) -> Crawled:
    """A crawl of these pages of the API, without a second chance for any URL."""
    seeds = [site.hosts.url("api", path) for path in paths]
    changed = partial(replace, access=(access,))
    fetch = {"retries": retries}
    polite = {"robots": False, **politeness}
    return await crawl(
        folder, seeds, rules=RULES, changed=changed, fetch=fetch, politeness=polite, store={"archive": True}
    )


def below(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def holders(folder: Path, *secrets: str) -> list[str]:
    """The files that hold a secret, but for those whose purpose that is."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.parent.name != ".access"]
    kept = {path: gzip.decompress(path.read_bytes()) for path in files if path.suffix == ".gz"}
    found = ((path, kept.get(path, b"") + path.read_bytes()) for path in files)
    return [str(path) for path, content in found if any(secret.encode() in content for secret in secrets)]


async def test_nothing_that_a_run_leaves_behind_holds_them(
    site: Guarded, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    site.given = 7000000
    paths = ["/x", "/away"]
    echo = ["/echo"]
    given: list[tuple[Access, list[str]]] = [
        (site.given_id(), [*echo, "/private"]),
        (site.public(), echo),
        (site.app(), []),
    ]
    for n, (access, more) in enumerate(given):
        crawled = await crawled_with(access, site, below(tmp_path, str(n)), paths + more)
        assert 0 < crawled.snapshot.records["page"]
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("asyncscrape"))
    assert ([], False, False) == (holders(tmp_path, "token70000", SECRET), "token70000" in ours, SECRET in ours)


async def test_no_answer_is_kept_with_the_credentials_that_it_shows(site: Guarded, tmp_path: Path) -> None:
    async def showing(request: web.Request) -> web.StreamResponse:
        return web.json_response({"path": request.path, "you": [SECRET, GIVEN]})

    site.given, site.api = 7000000, showing  # type: ignore[method-assign]
    async with site.running():
        for n, access in enumerate((site.given_id(), site.app())):
            await crawled_with(access, site, below(tmp_path, str(n)), ["/x"])
    with_id, with_app = (gzip.decompress(path.read_bytes()) for path in sorted(tmp_path.glob("*/job/archive/*.gz")))
    assert f'["{SECRET}", "redacted"]'.encode() in with_id
    assert f'["redacted", "{GIVEN}"]'.encode() in with_app


async def test_a_token_that_is_revoked_in_mid_run_costs_no_url(site: Guarded, tmp_path: Path) -> None:
    answers = site.api
    asked = 0

    async def revoking(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        site.given += asked == 20
        return await answers(request)

    site.api = revoking  # type: ignore[method-assign]
    async with site.running():
        await crawled_with(site.app(), site, tmp_path, ["/first"])
        await grown_old(tmp_path)
        crawled = await crawled_with(site.app(), site, tmp_path, MANY, per_host=8)
    assert (41, []) == (crawled.snapshot.pages["done"], crawled.failures())
    assert 2 == len(site.forms), "the token of the first run, and one new one"


async def grown_old(folder: Path) -> None:
    """Make the token an hour older, which has not ended all the same."""
    (path,) = (folder / ".access").glob("*.json")
    kept = msgspec.json.decode(path.read_bytes(), type=Kept)
    assert kept.issued is not None
    issued = msgspec.structs.replace(kept.issued, got_at=kept.issued.got_at - 3600)
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(kept, issued=issued)))


async def test_a_quota_that_is_used_up_holds_the_host_and_burns_no_tries(
    site: Guarded, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The time jumps twice: past the end of the token after six pages, and past the quota once it is used up."""
    skew, api, used_up = 0.0, site.api, "its quota of tokens is used up"

    async def ending(request: web.Request) -> web.StreamResponse:
        nonlocal skew
        answer = await api(request)
        skew += 3600 * (len(site.seen) == 6)
        return answer

    async def late(request: web.Request) -> web.StreamResponse:
        nonlocal skew
        await until(lambda: used_up in caplog.text)
        skew += 3600
        return web.json_response({"path": request.path})

    def begun(run: Crawl) -> None:
        real = run.now
        setattr(run, "now", lambda: real() + skew)  # noqa: B010  # a method, for the length of this test

    site.api, site.other = ending, late  # type: ignore[method-assign]
    async with site.running() as hosts:
        seeds = [*(hosts.url("api", path) for path in MANY[:12]), hosts.url("other", "/late")]
        changed = partial(replace, access=(site.app(quotas=(TokenQuota(1, 5400.0),)),))
        polite, fetch = {"robots": False, "per_host": 1}, {"retries": 0, "timeout": "30s"}
        crawled = await crawl(
            tmp_path, seeds, rules=RULES, changed=changed, begun=begun, politeness=polite, fetch=fetch
        )
    assert (13, []) == (crawled.snapshot.pages["done"], crawled.failures())
    assert (2, 12, 1) == (len(site.forms), len(site.seen), caplog.text.count(used_up))
    assert crawled.snapshot.retries <= 2


async def test_a_token_endpoint_in_trouble_at_the_start_only_delays_the_run(site: Guarded, tmp_path: Path) -> None:
    site.trouble = [web.Response(status=503, headers={"Retry-After": "1"})]
    crawled = await crawled_with(site.app(), site, tmp_path, MANY[:5])
    assert (5, []) == (crawled.snapshot.pages["done"], crawled.failures())


async def test_wrong_credentials_end_the_run_before_anything_is_crawled(site: Guarded, tmp_path: Path) -> None:
    with pytest.raises(AccessRefused, match=r"refuses client_id and client_secret \(invalid_client\)"):
        await crawled_with(site.app(client_secret="wrong"), site, tmp_path, MANY)
    assert [] == site.seen


async def test_the_program_says_so_and_ends_with_2(site: Guarded, tmp_path: Path) -> None:
    host = site.hosts.authority("api")
    told = f'name = "lists"\nkind = "items"\ndata = "."\n[items]\nhost = "{host}"\ntoken = "s3cr3t"\n'
    (tmp_path / "lists.toml").write_text(told)
    command = [sys.executable, items_job.__file__, "run", "lists.toml", "--verbose"]
    process = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    assert (2, b"") == (process.returncode, out)
    assert f"{host} refuses the token (http 401): it has ended or was never good; get a new one" in err.decode()
    assert ([("/me", "Bearer s3cr3t")], False) == (site.seen, b"s3cr3t" in err)


@pytest.mark.parametrize("kind", ["token", "id"])
async def test_what_the_user_must_renew_in_mid_run_costs_no_url(site: Guarded, tmp_path: Path, kind: str) -> None:
    given = site.given_token(site.token) if kind == "token" else site.given_id()
    answers, asked = site.api, 0

    async def ending(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        site.given += asked == 5
        return await answers(request)

    site.api = ending  # type: ignore[method-assign]
    async with site.running() as hosts:
        given = msgspec.structs.replace(given, host=hosts.authority("api"), probe=hosts.url("api", "/me"))
        seeds = [hosts.url("api", path) for path in MANY[:8]] + [hosts.url("other", path) for path in MANY]
        more = {"politeness": {"robots": False, "per_host": 1}, "fetch": {"retries": 0}}
        first = await crawl(tmp_path, seeds, rules=RULES, changed=partial(replace, access=(given,)), **more)
        assert (2, 43, 5) == (first.snapshot.exit, first.snapshot.pages["done"], first.snapshot.pages["pending"])
        assert f"5 requests wait: {given.host} refuses {given.keys} (http 401)" in first.snapshot.note
        assert (43, []) == (len(first.rows()), first.failures())
        mended = msgspec.structs.replace(given, value=site.token)
        second = await crawl(tmp_path, seeds, rules=RULES, changed=partial(replace, access=(mended,)), **more)
    assert (0, 48, []) == (second.snapshot.exit, second.snapshot.pages["done"], second.failures())


async def test_every_one_of_several_workers_ends_as_one_alone_when_the_user_must_renew_something(
    site: Guarded, tmp_path: Path
) -> None:
    answers, asked = site.api, []

    async def ending(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        site.given = int(len(asked) > 6 and asked.count("/me") > 1)
        return await answers(request)

    site.api = ending  # type: ignore[method-assign]
    async with site.running() as hosts:
        frontier, runs, given = SharedFrontier(), [], site.given_token(site.token)
        for name in ("one", "other"):
            seeds, rules = [hosts.url("api", path) for path in MANY], RULES.replace("path =", "title =")
            polite = {"robots": False, "per_host": 1}
            config = configured(below(tmp_path, name), seeds, rules=rules, politeness=polite)
            job, how = replace(rule_job(config), access=(given,)), shelved(Shelf())
            runs.append(Crawl(config, job, frontier, limits=Limits(), builders=how, team=Team(name)))
        ended = await asyncio.gather(*(run.run() for run in runs))
    assert [2, 2] == [snapshot.exit for snapshot in ended]
    why = f" requests wait: {given.host} refuses {given.keys} (http 401)"
    assert [True, True] == [why in snapshot.note for snapshot in ended]


async def test_credentials_that_are_withdrawn_before_the_first_token_cost_no_url(
    site: Guarded, tmp_path: Path
) -> None:
    site.trouble = [
        web.Response(status=503, headers={"Retry-After": "1"}),
        web.json_response({"error": "invalid_client"}, status=401),
    ]
    crawled = await crawled_with(site.app(), site, tmp_path, MANY[:8])
    assert (2, 8, []) == (crawled.snapshot.exit, crawled.snapshot.pages["pending"], crawled.failures())
    assert "8 requests wait: " in crawled.snapshot.note
    assert 8 == (await crawled_with(site.app(), site, tmp_path, MANY[:8])).snapshot.pages["done"]


async def test_again_begins_nothing_with_wrong_credentials(site: Guarded, tmp_path: Path) -> None:
    seeds = [site.hosts.url("api", "/x")]
    good = site.given_token(site.token)
    await crawl(tmp_path, seeds, rules=RULES, changed=partial(replace, access=(good,)))
    config = configured(tmp_path, seeds, rules=RULES, politeness={"robots": False})
    job = replace(rule_job(config), access=(msgspec.structs.replace(good, value="old"),))
    with pytest.raises(AccessRefused):
        await asyncio.to_thread(again.begin, config, job)
    standing = await job_frontier(config.directory).standing()
    assert standing is not None
    assert 1 == standing.totals.generation.number
    assert not standing.totals.generation.beside


async def test_robots_txt_is_asked_without_credentials_and_for_the_page_with_the_id_too(
    site: Guarded, tmp_path: Path
) -> None:
    site.robots = web.Response(text="User-agent: *\nDisallow: /nothing")
    seeds = [site.hosts.url("api", "/x")]
    changed = partial(replace, access=(site.public(),))
    await crawl(tmp_path, seeds, rules=RULES, changed=changed)
    assert ["/robots.txt", "/", "/robots.txt", "/discover"] == site.hosts.paths("home")
    assert [("/robots.txt", None), ("/x?client_id=token0", None)] == site.seen
    site.robots = web.Response(text="User-agent: *\nDisallow: /disc")
    with pytest.raises(AccessRefused, match=r"robots.txt disallows http://127.0.1.3:\d+/discover"):
        await crawl(below(tmp_path, "2"), seeds, rules=RULES, changed=changed)
