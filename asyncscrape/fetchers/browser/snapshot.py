"""The contents of a page as its scripts have made it, with open shadow roots and frames in their places."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from html import escape
from typing import NamedTuple

from playwright.async_api import ElementHandle, Error, Frame

from asyncscrape.errors import FetchError, Reason
from asyncscrape.fetchers.browser.page_frames import MOVED, answer_of

MARK = "data-asyncscrape-frame"
"""The attribute that tells, in a snapshot, which frame belongs into which element."""
ANSWERS_WITHIN = 3.0
"""Seconds after which a frame inside a page is left out, because it does not answer."""
SETTLES_WITHIN = 5_000.0
"""Milliseconds for a page that is just being left for another."""
MOST_MOVES = 20
"""How often a page may leave for another while it is read."""

CONTENTS = """
([mark, most, whole, frames]) => {
  const roots = [];
  const search = (from) => {
    for (const element of from.querySelectorAll("*")) {
      if (element.shadowRoot) { roots.push(element.shadowRoot); search(element.shadowRoot); }
    }
  };
  search(document);
  const root = document.documentElement;
  const top = (whole ? root : document.querySelector("body, frameset") || root);
  const answer = { url: location.href, base: document.baseURI, html: "", size: 0,
    loaded: performance.getEntriesByType("navigation")[0]?.name || "" };
  if (!top) return answer;
  // Marked and unmarked before any script of the page can see it.
  frames.forEach((frame, number) => frame.setAttribute(mark, number));
  let inner = top.getHTML({ shadowRoots: roots });
  for (const frame of frames) frame.removeAttribute(mark);
  if (!whole) inner = absolute(inner);
  answer.size = inner.length;
  if (inner.length > most) return answer;
  const quoted = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const shell = [...top.attributes].map((one) => ` ${one.name}="${quoted(one.value)}"`).join("");
  answer.html = whole ? `<!DOCTYPE html><${top.localName}${shell}>${inner}</${top.localName}>` : inner;
  return answer;

  function absolute(html) {
    // The links of a frame are relative to the frame, not to the page around it.
    const copy = new DOMParser().parseFromString(html, "text/html"), places = [copy.body];
    for (let n = 0; n < places.length; n += 1) {
      for (const element of places[n].querySelectorAll("[href], [src], [action], template")) {
        if (element.localName === "template") places.push(element.content);
        for (const name of ["href", "src", "action"]) {
          const value = element.getAttribute(name);
          if (value === null || !URL.canParse(value, document.baseURI)) continue;
          element.setAttribute(name, new URL(value, document.baseURI).href);
        }
      }
    }
    return copy.body.innerHTML;
  }
}
"""

_ATTRIBUTES = r'(?:[^>"]|"[^"]*")*'
_FRAME = re.compile(
    rf'<(?:iframe\b{_ATTRIBUTES}? {MARK}="(?P<number>\d+)"{_ATTRIBUTES}>(?:(?!</iframe>).)*</iframe>'
    rf'|frame\b{_ATTRIBUTES}? {MARK}="(?P<old>\d+)"{_ATTRIBUTES}>)',
    re.S,
)
_FRAMESET = re.compile(r"<(/?)frameset\b")
_SAID = re.compile(r'''>\s*([^<>\s][^<>]*)<| (?:href|src|value|content|data-[\w-]+)="(?!data:)([^"]+)"''')
_HEAD = re.compile(rf"<head\b{_ATTRIBUTES}>")
_BASE = re.compile(rf"<base\b{_ATTRIBUTES} href=")


class Contents(NamedTuple):
    """What a page holds."""

    html: str
    loaded: str
    """The URL that the document came from."""
    url: str
    """The URL that its scripts have given it since."""
    base: str
    """The URL that its links are relative to."""

    @property
    def based(self) -> str:
        """The HTML, from which the URL can be told that its links are relative to."""
        if self.base == self.loaded or _BASE.search(self.html):
            return self.html
        base = f'<base href="{escape(self.base)}">'
        return _HEAD.sub(lambda head: head[0] + base, self.html, count=1)


async def snapshot(frame: Frame, most: int) -> Contents:
    """What a page holds, with its frames. Raises FetchError if that is more than `most` characters."""
    for _ in range(MOST_MOVES):
        try:
            found = await _contents(frame, most, whole=True)
        except Error as error:
            if not MOVED.search(error.message):
                raise
            await frame.wait_for_load_state("domcontentloaded", timeout=SETTLES_WITHIN)
            continue
        return found
    raise FetchError(Reason.BROWSER, "its scripts leave for another page again and again", transient=True)


async def _contents(frame: Frame, most: int, *, whole: bool) -> Contents:
    asked = (answer_of(_inner(child, most), ANSWERS_WITHIN) for child in frame.child_frames if not failed(child))
    inner = [answer[0] for answer in await asyncio.gather(*asked) if answer]
    found = await frame.evaluate(CONTENTS, [MARK, most, whole, [element for element, _ in inner]])
    if found["size"] > most:
        why = f"its scripts have made a page of {found['size']:,} characters, more than max_body"
        raise FetchError(Reason.TOO_LARGE, why, transient=False)
    html = with_frames(found["html"], {str(number): text for number, (_, text) in enumerate(inner)})
    return Contents(html, found["loaded"], found["url"], found["base"])


def failed(frame: Frame) -> bool:
    """Whether a frame shows why the browser could not load it, or may not: words of the browser, not of the page."""
    return frame.url.startswith("chrome-error:")


async def _inner(frame: Frame, most: int) -> tuple[ElementHandle, str]:
    """The element of a frame, and what the frame holds."""
    return await frame.frame_element(), (await _contents(frame, most, whole=False)).html


def with_frames(html: str, inner: Mapping[str, str]) -> str:
    """The HTML of a page with the contents of its frames in the places of the frames."""
    if not inner:
        return html
    filled = _FRAME.sub(lambda found: f"<div>{inner.get(found['number'] or found['old'], '')}</div>", html)
    return _FRAMESET.sub(r"<\1div", filled)


def covers(later: str, earlier: str) -> bool:
    """Whether everything in a snapshot is still there in a later one: then nobody needs the earlier one."""
    left = Counter(earlier.split("<"))
    left.subtract(later.split("<"))
    return max(left.values()) <= 0


def says_all_of(later: str, earlier: str) -> bool:
    """The same for pages that are scrolled, where only texts and values count: looks change with each view."""
    return not Counter(_SAID.findall(earlier)) - Counter(_SAID.findall(later))
