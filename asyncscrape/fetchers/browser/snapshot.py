"""The contents of a page as its scripts have made it, with open shadow roots and frames in their places."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from playwright.async_api import Frame

from asyncscrape.errors import FetchError, Reason

MARK = "data-asyncscrape-frame"
"""The attribute that tells, in a snapshot, which frame belongs into which element."""

CONTENTS = """
([mark, most, whole]) => {
  const roots = [];
  const search = (from) => {
    for (const element of from.querySelectorAll("*")) {
      if (element.shadowRoot) { roots.push(element.shadowRoot); search(element.shadowRoot); }
    }
  };
  search(document);
  const top = whole ? document.documentElement : document.body || document.documentElement;
  const inner = top.getHTML({ shadowRoots: roots });
  if (inner.length > most) return inner.length;
  const shell = top.cloneNode(false).outerHTML;
  const end = shell.lastIndexOf("</");
  return whole ? "<!DOCTYPE html>" + shell.slice(0, end) + inner + shell.slice(end) : inner;
}
"""

_FRAME = re.compile(
    rf'<(?P<tag>i?frame)\b[^>]*? {MARK}="(?P<number>\d+)"[^>]*>(?:(?!</(?P=tag)>).)*</(?P=tag)>', re.S
)


async def snapshot(frame: Frame, most: int, *, whole: bool = True) -> str:
    """The HTML of a frame and of those in it. Raises FetchError if that is more than `most` characters."""
    inner: dict[str, str] = {}
    elements = []
    for number, child in enumerate(frame.child_frames):
        element = await child.frame_element()
        await element.evaluate("(element, [mark, number]) => element.setAttribute(mark, number)", [MARK, str(number)])
        elements.append(element)
        inner[str(number)] = await snapshot(child, most, whole=False)
    found = await frame.evaluate(CONTENTS, [MARK, most, whole])
    for element in elements:
        await element.evaluate("(element, mark) => element.removeAttribute(mark)", MARK)
    if not isinstance(found, str):
        raise FetchError(Reason.TOO_LARGE, f"its scripts have made a page of {found:,} characters", transient=False)
    return with_frames(found, inner)


def with_frames(html: str, inner: Mapping[str, str]) -> str:
    """The HTML of a page with the contents of its frames in the places of the frames."""
    if not inner:
        return html
    return _FRAME.sub(lambda found: f"<div>{inner.get(found['number'], '')}</div>", html)


def covers(later: str, earlier: str) -> bool:
    """Whether everything in a snapshot is still there in a later one: then nobody needs the earlier one."""
    left = Counter(earlier.split("<"))
    left.subtract(later.split("<"))
    return max(left.values()) <= 0
