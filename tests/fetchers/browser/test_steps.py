"""Steps on strange pages, in one real browser. What they ask for comes from a table, not from a network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from textwrap import dedent

import msgspec
import parsel
import pytest
import pytest_asyncio
from multidict import CIMultiDict

from asyncscrape.addresses import Guard
from asyncscrape.browsing import END, IDLE, BrowserSettings, PagePlan, PageStep, StepKind, Use
from asyncscrape.errors import FetchError, Reason
from asyncscrape.fetchers.base import Exchanging
from asyncscrape.fetchers.browser.chromium import Chromium
from asyncscrape.fetchers.browser.outside import Outside, PageRequest
from asyncscrape.fetchers.cookies import Jar
from asyncscrape.model import Request, Response
from asyncscrape.parsers.import_parser import search
from asyncscrape.units import in_words

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOME = "https://strange.example"
PAGE = f"{HOME}/page"
SECONDS = 60.0

CLICK, FILL, SELECT, PRESS, SCROLL, PYTHON = StepKind


class FreeToGo:
    """Pages may go on to wherever they want."""

    waiting = 0

    async def __call__(self, url: str, page: str, exchange: Exchanging) -> Response:
        return await exchange(lambda: None)


class Strange:
    """A browser, and what its pages find where."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    async def bring(self, asked: PageRequest, sent: Callable[[], None]) -> Response:
        url, path = asked.url, asked.url.removeprefix(HOME)
        if path.startswith("/never"):
            await asyncio.sleep(3_600)
        status = 200 if path in self.found else 404
        return answer(url, self.found.get(path, "nothing here"), status)

    async def open(
        self, html: str, *steps: PageStep, kind: str = "text/html", url: str = PAGE, **others: str
    ) -> list[Response]:
        """Open a page, beside which there are others."""
        self.found = {f"/{name}": text for name, text in others.items()}
        document = answer(url, dedent(html), kind=kind)
        plan = msgspec.structs.replace(self.plan, steps=steps)
        return await self.browser.open(document, plan, "strange-bot", FreeToGo())

    browser: Chromium
    plan = PagePlan(Use.ALWAYS)


def answer(url: str, text: str, status: int = 200, kind: str = "text/html") -> Response:
    headers = CIMultiDict({"Content-Type": f"{kind}; charset=utf-8"})
    return Response(Request(url), status, headers, text.encode(), datetime.now(UTC), 0.0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started() -> AsyncIterator[Strange]:
    strange = Strange()
    settings = BrowserSettings(timeout=SECONDS, tabs=1)
    outside = Outside(Guard.of(set(), ()), strange.bring, lambda url: True, lambda host: "strange", Jar(()), 300_000)
    async with Chromium(settings, outside) as strange.browser:
        yield strange


@pytest_asyncio.fixture(loop_scope="module")
async def strange(started: Strange) -> Strange:
    started.plan = PagePlan(Use.ALWAYS)
    return started


def texts(pages: list[Response], selector: str = ".row") -> list[str]:
    """What the rows of all turns say, each once."""
    found = [text for page in pages for text in parsel.Selector(page.text).css(f"{selector}::text").getall()]
    return list(dict.fromkeys(found))


async def why(opened: Callable[[], object]) -> str:
    with pytest.raises(FetchError) as raised:
        await opened()  # type: ignore[misc]
    assert Reason.BROWSER == raised.value.reason
    return raised.value.detail


# Steps


FORM = """
<body><input id=q><select id=n><option value=10>Ten</option><option value=50>Fifty a page</option></select><ul></ul>
<script>
const say = (text) => document.querySelector("ul").insertAdjacentHTML("beforeend", `<li class=row>${text}</li>`);
q.onkeydown = (event) => { if (event.key === "Enter") setTimeout(() => say(q.value), 100); };
n.onchange = () => say(n.value);
</script>
"""


async def test_forms_are_filled_chosen_from_and_sent(strange: Strange) -> None:
    steps = [
        PageStep(FILL, "#q", "owls"),
        PageStep(PRESS, "Enter"),
        PageStep(SELECT, "#n", "50"),
        PageStep(SELECT, "#n", "Ten"),
    ]
    assert ["owls", "50", "10"] == sorted(texts(await strange.open(FORM, *steps)), reverse=True)


async def test_a_list_hidden_behind_something_prettier_is_chosen_from(strange: Strange) -> None:
    hidden = FORM.replace("<select", "<select style='display:none'")
    assert ["50"] == texts(await strange.open(hidden, PageStep(SELECT, "#n", "Fifty a page")))


@pytest.mark.parametrize(
    ("html", "step", "said"),
    [
        (
            "<button style='display:none'>x</button>",
            PageStep(CLICK, "button"),
            'step 1, click "button": it stays hidden; if that is as it should be, add if_present = true',
        ),
        (
            "<p>nothing</p>",
            PageStep(CLICK, ".more"),
            'step 1, click ".more": nothing on the page matches it; if some pages lack it, add if_present = true',
        ),
        (
            "<p>nothing</p>",
            PageStep(PRESS, "Entr"),
            'step 1, press "Entr": there is no such key; write it like Enter, Tab, ArrowDown or Control+A',
        ),
        (
            "<p id=p>no input</p>",
            PageStep(FILL, "#p", "s3cret"),
            'step 1, fill "#p": this is nothing to write into; name the input itself',
        ),
    ],
)
async def test_a_step_that_cannot_be_done_says_which_and_why(
    strange: Strange, html: str, step: PageStep, said: str
) -> None:
    assert said == await why(lambda: strange.open(html, step))


@pytest.mark.torture
async def test_what_stays_in_the_way_is_named(strange: Strange) -> None:
    covered = "<body><button>x</button><div id=ad style='position:fixed;inset:0'>buy</div>"
    assert (
        'step 1, click "button": <div id="ad"> lies over it; if that can be clicked away, name its button in dismiss'
    ) == await why(lambda: strange.open(covered, PageStep(CLICK, "button")))


async def test_a_button_may_come_late_go_away_meanwhile_and_come_back(strange: Strange) -> None:
    html = """
    <body><ul></ul><script>
    let n = 0;
    function button() {
      document.body.insertAdjacentHTML("beforeend", "<button>more</button>");
      document.querySelector("button").onclick = () => {
        document.querySelector("button").style.display = "none";
        setTimeout(() => {
          document.querySelector("ul").insertAdjacentHTML("beforeend", `<li class=row>${n += 1}</li>`);
          document.querySelector("button").remove();
          if (n < 3) button();
        }, 700);
      };
    }
    setTimeout(button, 900);
    </script>
    """
    assert ["1", "2", "3"] == texts(await strange.open(html, PageStep(CLICK, "button", repeat=9)))


async def test_a_pop_up_that_comes_late_in_a_frame_is_clicked_away(strange: Strange) -> None:
    html = """
    <body>
    <button class=show onclick="document.body.insertAdjacentHTML('beforeend', '<p class=row>shown</p>')">x</button>
    <script>
    setTimeout(() => document.body.insertAdjacentHTML("beforeend",
      "<iframe src=/wall style='position:fixed;inset:0;width:100%;height:100%'></iframe>"), 200);
    </script>
    """
    wall = "<button onclick='parent.document.querySelector(`iframe`).remove()' class=accept>I agree</button>"
    strange.plan = PagePlan(Use.ALWAYS, wait=(0.5,), dismiss=(".nothing", ".accept"))
    assert ["shown"] == texts(await strange.open(html, PageStep(CLICK, ".show"), wall=wall))


@pytest.mark.torture
async def test_an_element_is_waited_for_in_a_frame_and_scrolled_to_down_the_page(strange: Strange) -> None:
    html = """
    <body style="height:3000px"><script>
    addEventListener("scroll", () => setTimeout(() => {
      document.body.style.height = "9000px";
      if (scrollY > 4000 && !document.querySelector("#goal"))
        document.body.insertAdjacentHTML("beforeend", "<p id=goal class=row>here</p>");
    }, 50));
    </script><iframe src="/inner"></iframe>
    """
    inner = """<body><script>
    setTimeout(() => document.body.insertAdjacentHTML("beforeend", "<i class=late>late</i>"), 500);
    </script>"""
    strange.plan = PagePlan(Use.ALWAYS, wait=(".late",))
    pages = await strange.open(html, PageStep(SCROLL, "#goal", repeat=9), inner=inner)
    assert (["here"], ["late"]) == (texts(pages), texts(pages, ".late"))


@pytest.mark.torture
async def test_a_clock_on_the_page_does_not_keep_it_scrolling(strange: Strange) -> None:
    html = """
    <body style="height:2000px"><p class=row>one</p><i></i><script>
    setInterval(() => { document.querySelector("i").textContent = performance.now(); }, 20);
    </script>
    """
    assert ["one"] == texts(await strange.open(html, PageStep(SCROLL, END, repeat=100)))


@pytest.mark.torture
async def test_looks_that_change_with_each_view_make_no_turns(strange: Strange) -> None:
    html = """<body><script>
    for (let n = 0; n < 100; n += 1)
      document.body.innerHTML += `<p class=row style="height:60px"><img data-src="/${n}.png">${n}</p>`;
    const seen = new IntersectionObserver((all) => {
      for (const { target, isIntersecting } of all) {
        target.classList.toggle("seen", isIntersecting);
        if (isIntersecting) target.firstChild.src = target.firstChild.dataset.src;
      }
    });
    document.querySelectorAll("p").forEach((one) => seen.observe(one));
    </script>"""
    [page] = await strange.open(html, PageStep(SCROLL, END, repeat=100))
    assert [f"/{n}.png" for n in range(100)] == parsel.Selector(page.text).css("img::attr(src)").getall()


# Steps in Python


async def test_python_steps_say_when_to_look_and_fail_with_their_own_words(
    strange: Strange, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("functions")
    (folder / "strange_steps.py").write_text(
        dedent("""
        async def each(page):
            for n in range(3):
                await page.evaluate("(n) => { document.body.innerHTML = `<p class=row>${n}</p>` }", n)
                yield

        async def fails(page):
            raise ValueError("no such shelf")

        async def asks(page):
            await page.click("#nothing", timeout=50)

        def plain(page):
            return 1
        """)
    )
    search(folder)
    pages = await strange.open("<body>", PageStep(PYTHON, "strange_steps:each"))
    assert ["0", "1", "2"] == texts(pages)
    for name, said in {
        "fails": "ValueError: no such shelf",
        "asks": "TimeoutError: Page.click: Timeout 50ms exceeded.",
        "plain": "this is not an async function; write async def",
    }.items():
        words = await why(lambda name=name: strange.open("<body>", PageStep(PYTHON, f"strange_steps:{name}")))  # type: ignore[misc]
        assert f'step 1, python "strange_steps:{name}": {said}' == words


# Strange pages


@pytest.mark.torture
async def test_fifty_frames_are_read_even_if_some_go_away_or_never_come(strange: Strange) -> None:
    frames = "".join(f"<iframe src=/inner{n}></iframe>" for n in range(50))
    html = f"""<body>{frames}<iframe src=/inner0 id=going title="a > b"></iframe><script>
    const come = () => {{ const one = document.createElement("iframe"); document.body.append(one); return one; }};
    setInterval(() => come().remove(), 60);
    setTimeout(() => document.querySelector("#going").remove(), 400);
    </script>"""
    inner = {f"inner{n}": f'<p class=row>{n}</p><a href="x#y">x</a>' for n in range(50)}
    strange.plan = PagePlan(Use.ALWAYS, wait=("p", 1.0))
    pages = await strange.open(html, **inner)
    assert [str(n) for n in range(50)] == texts(pages)


async def test_links_of_a_frame_are_relative_to_the_frame(strange: Strange) -> None:
    html = '<body><iframe src="/deep/in" title="x > y" srcset=""></iframe><a href="out">out</a>'
    [page] = await strange.open(html, **{"deep/in": "<a href=there>there</a><img src='data:,x'>"})
    assert ["/deep/there" in page.text, 'href="out"' in page.text] == [True, True]
    assert [f"{HOME}/deep/there", "out"] == parsel.Selector(page.text).css("a::attr(href)").getall()


async def test_framesets_are_read(strange: Strange) -> None:
    html = "<html><frameset cols='50%,50%'><frame src=/left><frameset><frame src=/right></frameset></frameset></html>"
    rows = {name: f"<p class=row>{name}</p>" for name in ("left", "right")}
    assert ["left", "right"] == texts(await strange.open(html, **rows))


async def test_xhtml_is_read(strange: Strange) -> None:
    html = """<html xmlns="http://www.w3.org/1999/xhtml" class="a&quot;b"><head><title>x</title></head>
    <body><p class="row">one</p><br/><script>
    const two = document.querySelector("p").cloneNode();
    two.textContent = "two";
    document.querySelector("br").after(two);
    </script></body></html>"""
    pages = await strange.open(html, kind="application/xhtml+xml")
    assert ["one", "two"] == texts(pages)


async def test_a_page_that_writes_itself_anew_is_read(strange: Strange) -> None:
    html = """<body><p class=row>old</p><script>
    setTimeout(() => { document.open(); document.write("<p class=row>new</p>"); }, 50);
    </script>"""
    strange.plan = PagePlan(Use.ALWAYS, wait=(IDLE, ".row"))
    assert ["new"] == texts(await strange.open(html))


async def test_a_page_keeps_its_url_when_its_scripts_only_write_another(strange: Strange) -> None:
    html = "<head></head><body><a href=b>b</a><script>history.pushState({}, '', '/deep/down?n=2')</script>"
    [page] = await strange.open(html)
    assert (PAGE, f"{HOME}/deep/down?n=2") == (page.url, parsel.Selector(page.text).css("base::attr(href)").get())


async def test_a_page_that_leads_to_another_by_itself_is_that_other(strange: Strange) -> None:
    html = '<head><meta http-equiv="refresh" content="0; url=/other"></head><body><p class=row>wait'
    strange.plan = PagePlan(Use.ALWAYS, wait=(".there",))
    [page] = await strange.open(html, other="<p class='row there'>there</p>")
    assert (f"{HOME}/other", ["there"]) == (page.url, texts([page]))


@pytest.mark.torture
async def test_a_page_that_goes_round_in_circles_ends_with_words(strange: Strange) -> None:
    loop = "<p class=row>round</p><script>setTimeout(() => location.replace('/loop?' + Math.random()), 1)</script>"
    strange.plan = PagePlan(Use.ALWAYS, wait=(".never",))
    words = await why(lambda: strange.open(loop))
    assert f"after {in_words(SECONDS)} in the browser the page was still waiting for .never" == words


# Late rows

ADD = "const add = (n) => document.body.insertAdjacentHTML('beforeend', `<p class=row>${n}</p>`);"


async def test_rows_that_are_made_bit_by_bit_are_read_to_the_last(strange: Strange) -> None:
    slowly = (
        f"<body><script>{ADD}let n = 0; const go = () => n < 60 && (add(n++), setTimeout(go, 25)); go();</script>"
    )
    assert [str(n) for n in range(60)] == texts(await strange.open(slowly))


async def test_what_a_rule_reads_may_come_late(strange: Strange) -> None:
    late = f"<body><script>{ADD}setTimeout(() => add(1), 1500);</script>"
    strange.plan = PagePlan(Use.ALWAYS, expects=(".row",))
    assert ["1"] == texts(await strange.open(late))
    strange.plan = PagePlan(Use.ALWAYS, expects=("::nonsense",))  # no browser knows it: nobody waits, nothing fails
    assert [] == texts(await strange.open(late))
