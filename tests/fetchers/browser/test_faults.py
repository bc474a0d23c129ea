"""Nothing that a page does, or that happens to the browser, ends more than that page."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Error
from support.crawling import PATIENCE, until
from support.opened_pages import browser, document, read, started_by

from asyncscrape.browsing import PagePlan, Use
from asyncscrape.errors import FetchError, Reason, UsageError
from asyncscrape.fetchers.browser.chromium import Chromium
from asyncscrape.fetchers.browser.failed_pages import MOST_PAGES, FailedPages
from asyncscrape.fetchers.browser.launching import check_version, complaint
from asyncscrape.fetchers.browser.process_tree import of_browsers
from asyncscrape.fetchers.browser.profile_folder import PREFIX, ProfileFolder

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOOD = "<p>here</p><script>setTimeout(() => document.body.append('late'), 50)</script>"
SLOW = PagePlan(Use.ALWAYS, wait=(0.7,))
MEMORY = 300_000_000
BUSY = "setTimeout(() => {while (true) {}}, 100)"
FAILING = {
    "a loop when it is loaded": "while (true) {}",
}
HEAVY_FAILING = {
    "dialogs without end": "while (true) alert(1)",
    "a loop later": BUSY,
    "promises without end": "const f = () => Promise.resolve().then(f); setTimeout(f, 100)",
    "a gigabyte on the console": "const s = 'x'.repeat(1e6); for (let i = 0; i < 1000; i++) console.log(s + i)",
    "objects on the console": "for (let i = 0; i < 3e5; i++) console.log({a: i, b: [i]})",
    "sockets without end": "for (let i = 0; i < 1e5; i++) try {new WebSocket('ws://127.0.0.9:9/' + i)} catch {}",
    "requests without end": "for (let i = 0; i < 2e4; i++) fetch('/' + i).catch(() => 0)",
}
HARMLESS = {
    "two hundred windows": "for (let i = 0; i < 200; i++) open('about:blank?' + i)",
    "a loop when it is left": "addEventListener('pagehide', () => {while (true) {}})",
    "its own window closed": "setTimeout(close, 50)",
}
OFTEN = "let i = 0; setInterval(() => {for (let k = 0; k < 99; k++) "
HEAVY_HARMLESS = {
    "windows without an opener": "for (let i = 0; i < 20; i++) open('about:blank?' + i, '_blank', 'noopener')",
    "a loop in a worker": "new Worker(URL.createObjectURL(new Blob(['while(true){}'])))",
    "a question when it is left": "addEventListener('beforeunload', (event) => event.preventDefault())",
    "a debugger wanted": "for (let i = 0; i < 10; i++) {debugger}",
    "a printer wanted": "print()",
    "history without end": OFTEN + "history.pushState({}, '', '/' + i++)}, 1)",
    "fragments without end": OFTEN + "location.hash = '#' + i++}, 1)",
}
GREEDY = {
    "on the heap": "const all = []; while (true) all.push(new Array(1e5).fill(Math.random()))",
}
HEAVY_GREEDY = {
    "in buffers": "const all = []; while (true) {const one = new Uint8Array(5e7); one.fill(1); all.push(one)}",
    "in pictures": """setInterval(() => {for (let i = 0; i < 9; i++) {
        const one = document.createElement("canvas"); one.width = one.height = 4000;
        one.getContext("2d").fillRect(0, 0, 4000, 4000); document.body.append(one)}}, 1)""",
}
torture = pytest.mark.torture


def kinds(light: dict[str, str], heavy: dict[str, str]) -> list[object]:
    """Scripts for a parametrized test, by what they do."""
    marked = [pytest.param(script, id=what, marks=torture) for what, script in heavy.items()]
    return [*(pytest.param(script, id=what) for what, script in light.items()), *marked]


def page(script: str) -> str:
    return f"<p>here</p><script>{script}</script>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("job")


@pytest.fixture(scope="module")
def none_left() -> Iterator[None]:
    """Browsers that a test has started have ended at last."""
    yield
    assert not of_browsers()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium(folder: Path, none_left: None) -> AsyncIterator[Chromium]:
    """A browser with patience, for pages that come to rest."""
    async with browser(folder / "debug", tabs=3, timeout=PATIENCE, memory=MEMORY) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hasty(folder: Path, none_left: None) -> AsyncIterator[Chromium]:
    """A browser with little patience, for pages that never do."""
    async with browser(folder / "debug", tabs=3, timeout=4.0, memory=MEMORY) as opened:
        yield opened


async def beside(chromium: Chromium, html: str) -> tuple[str | BaseException, str]:
    """What becomes of a page, and of a good one opened at the same time."""
    found, good = await asyncio.gather(read(chromium, html), in_the_end(chromium, GOOD), return_exceptions=True)
    assert isinstance(good, str)
    return found, good


async def in_the_end(chromium: Chromium, html: str) -> str:
    """What becomes of a page that is tried again when it is late, as in a run."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await read(chromium, html)
            except FetchError as error:
                if not error.transient:
                    raise


@pytest.mark.parametrize("script", kinds(FAILING, HEAVY_FAILING))
async def test_a_page_that_never_rests_fails_and_spares_others(hasty: Chromium, script: str) -> None:
    found, good = await beside(hasty, page(script))
    assert isinstance(found, FetchError)
    assert Reason.BROWSER == found.reason
    assert found.detail.startswith(("after 4s in the browser the page was still ", "the page took more than 300 MB"))
    assert "late" in good
    assert "late" in await in_the_end(hasty, GOOD)


@pytest.mark.parametrize("script", kinds(HARMLESS, HEAVY_HARMLESS))
async def test_what_a_page_does_to_its_reader_does_no_harm(chromium: Chromium, script: str) -> None:
    found, good = await beside(chromium, page(script))
    assert isinstance(found, str)
    assert "here" in found
    assert "late" in good
    assert "late" in await read(chromium, GOOD)  # in the same tab


@pytest.mark.parametrize("script", kinds(GREEDY, HEAVY_GREEDY))
async def test_a_page_that_takes_memory_without_end_fails_and_says_so(chromium: Chromium, script: str) -> None:
    found, good = await beside(chromium, page(script))
    assert isinstance(found, FetchError)
    assert "the page took more than 300 MB of memory, see [fetch.browser] memory" in found.detail
    assert not found.transient
    assert "late" in good


@pytest.mark.parametrize(
    "kind",
    [b"--remote-debugging-pipe", *(pytest.param(one, marks=torture) for one in (b"--type=renderer", b"run-driver"))],
)
async def test_a_page_is_opened_again_when_its_tab_or_its_browser_is_killed(chromium: Chromium, kind: bytes) -> None:
    pages = [asyncio.create_task(chromium.open(document(GOOD), SLOW, "asyncscrape")) for _ in range(2)]
    await until(lambda: any(started_by(os.getpid(), b"--type=renderer")))
    await asyncio.sleep(0.4)
    for process in [*started_by(os.getpid(), kind)]:
        os.kill(process, signal.SIGKILL)
    assert all(b"late" in opened[0].body for opened in await asyncio.gather(*pages))


@torture
async def test_a_browser_that_is_killed_while_it_opens_a_tab_holds_up_nothing() -> None:
    async with browser(tabs=3) as fresh:
        pages = [asyncio.create_task(read(fresh, GOOD)) for _ in range(6)]
        await until(lambda: any(started_by(os.getpid(), b"--type=renderer")))
        for process in [*started_by(os.getpid(), b"--remote-debugging-pipe")]:
            os.kill(process, signal.SIGKILL)
        async with asyncio.timeout(15):  # a tab is given twenty seconds
            assert all("late" in html for html in await asyncio.gather(*pages))


async def test_a_failed_page_leaves_a_picture_and_its_html(hasty: Chromium, folder: Path) -> None:
    missing = PagePlan(Use.ALWAYS, wait=(".missing",))
    with pytest.raises(FetchError) as caught:
        await read(hasty, GOOD, missing)
    name = caught.value.detail.rpartition("; see debug/")[2]
    picture = folder / "debug" / name
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "late" in picture.with_suffix(".html").read_text()


async def test_the_looks_of_the_pages_that_failed_last_are_kept(tmp_path: Path) -> None:
    failed = FailedPages(tmp_path)
    for number in range(MOST_PAGES + 3):
        told = await failed.keep(document("<p>", f"http://page.example/../%00/{number}?q=a b"), None)
        assert (tmp_path / told.rpartition("/")[2]).read_bytes() == b"<p>"
    assert MOST_PAGES == len([*tmp_path.iterdir()])


async def test_folders_of_killed_runs_are_removed_and_those_of_others_stay() -> None:
    left = Path(tempfile.mkdtemp(prefix=PREFIX))
    (left / "lock").touch()
    alien = Path(tempfile.mkdtemp(prefix=PREFIX))
    other, own = ProfileFolder(), ProfileFolder()
    assert [False, True, True, True] == [path.exists() for path in (left, alien, other.path, own.path)]
    own.close()
    other.close()
    alien.rmdir()
    assert not own.path.exists()


async def test_a_browser_that_does_not_start_is_told_with_what_it_said(tmp_path: Path) -> None:
    program = tmp_path / "chrome"
    program.write_text("#!/bin/sh\necho 'error while loading shared libraries: libnss3.so' >&2\nexit 127\n")
    program.chmod(0o755)
    async with browser(executable=str(program)) as broken:
        with pytest.raises(UsageError, match=r"chrome does not start: error while loading shared .*; to see more: "):
            await read(broken, GOOD)


async def test_a_browser_that_is_too_old_is_refused() -> None:
    check_version("/usr/bin/chromium", "125.0.6422.60")
    with pytest.raises(UsageError, match=r"109\.0\.5414\.119, and pages need 125 or newer; install one with: "):
        check_version("/usr/bin/chromium", "109.0.5414.119")


async def test_only_what_matters_of_its_output_is_told() -> None:
    said = "Target closed\n[pid=7][err] a:dbus/bus.cc: nothing\n[pid=7][err] No usable sandbox!\n"
    assert "No usable sandbox!" == complaint(Error(said))
    assert "Target closed" == complaint(Error("Target closed\nmore"))


@pytest.mark.torture
async def test_for_root_there_is_no_sandbox_and_the_log_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        async with browser(recycle_after=1) as fresh:
            await read(fresh, GOOD)
            await read(fresh, GOOD)
    told = [record.getMessage() for record in caplog.records if "sandbox" in record.getMessage()]
    assert len(told) == 1 if os.geteuid() == 0 else len(told) <= 1
    assert all(line.startswith("the browser runs without its sandbox (") for line in told)
