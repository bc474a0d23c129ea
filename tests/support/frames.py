"""The frames that a browser draws while a map is moved, as a hand would do it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from playwright.async_api import Page

MOVED = """
async ([selector, seconds, zooms]) => {
  const sheet = document.querySelector(selector), box = sheet.getBoundingClientRect();
  const x = box.left + box.width / 2, y = box.top + box.height / 2;
  const point = (type, turn) => sheet.dispatchEvent(new PointerEvent(type, {
    bubbles: true, pointerId: 1, pointerType: "mouse", buttons: 1,
    clientX: x + 120 * Math.sin(turn), clientY: y + 80 * Math.cos(turn) - 80,
  }));
  const frame = () => new Promise(requestAnimationFrame);
  const times = [await frame()];
  sheet.setPointerCapture = () => {};
  if (!zooms) point("pointerdown", 0);
  while (times.at(-1) - times[0] < 1000 * seconds) {
    const turn = (times.at(-1) - times[0]) / 300;
    if (!zooms) point("pointermove", turn);
    else sheet.dispatchEvent(new WheelEvent("wheel", { bubbles: true, cancelable: true, clientX: x + 50, clientY: y,
      deltaY: -120 * Math.sin(turn) }));
    times.push(await frame());
  }
  if (!zooms) point("pointerup", 0);
  return times;
}
"""


@dataclass(frozen=True)
class Frames:
    """How smoothly something moved."""

    a_second: float
    longest: float
    """The longest time between two of them, in seconds."""


async def frames(page: Page, selector: str, *, seconds: float, zooms: bool) -> Frames:
    """Drag the element in circles, or zoom into it and out again, once for each frame, and count them."""
    times = await page.evaluate(MOVED, [selector, seconds, zooms])
    gaps = [after - before for before, after in pairwise(times)]
    return Frames(1000 * len(gaps) / sum(gaps), max(gaps) / 1000)
