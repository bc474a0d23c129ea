"""The shop of `shop.py`, with pages that fill their tables in the browser: `dynamic_shop.py ITEMS`.

Prints its port and serves until it is terminated. In the list at `/list`, every tenth item leads to `/late/N`, whose
rows come a moment later by a request of its own, and the others to `/now/N`, where they are in the page as well; in
the list at `/late` all lead to late pages. `/served` tells how many tables were asked for since that was asked last,
and the seconds from the first request for one to the last.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import shop
import uvloop
from server import answer

LISTS = 25
"""Lists of items that the items are drawn from."""
EVERY = 10
BODY = """<!DOCTYPE html><html><head><title>{name}</title><link rel="stylesheet" href="/shop.css"></head><body>
<h1 class="name">{name}</h1><img src="/cover.png" alt="">{story}<table class="history"><tbody>{rows}</tbody></table>
<script>
fetch("/rows/{number}").then((answer) => answer.json()).then((rows) => {{
  document.querySelector("tbody").innerHTML = rows
    .map((row) => `<tr class="row">${{row.map((cell) => `<td>${{cell}}</td>`).join("")}}</tr>`).join("");
}});
</script></body></html>"""


def page(number: int, *, late: bool) -> str:
    """The page of an item, with its rows or without."""
    item = shop.item_of(number, LISTS)
    rows = [f"<tr class=row>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in item.rows]
    story = "".join(f"<p>{text}.</p>" for text in item.story)
    return BODY.format(name=item.name, number=number, story=story, rows="" if late else "".join(rows))


def rows_of(number: int) -> str:
    """The rows of an item, as its page fetches them."""
    return json.dumps(shop.item_of(number, LISTS).rows)


def listing(items: int, *, late: bool) -> str:
    """A list of all items."""
    places = (f"/{'late' if late or n % EVERY == 0 else 'now'}/{n}" for n in range(items))
    return f"<!DOCTYPE html><title>list</title><ul>{''.join(f'<li><a href={place}>x</a>' for place in places)}</ul>"


def truth(items: int) -> list[tuple[str, int]]:
    """Name and number of rows of each item, sorted."""
    return sorted((shop.item_of(number, LISTS).name, shop.ROWS) for number in range(items))


class DynamicAnswers:
    """Every answer, ready to be sent, and when the tables were asked for."""

    def __init__(self, items: int) -> None:
        pages = {"/late": listing(items, late=True), "/list": listing(items, late=False)}
        pages |= {f"/late/{n}": page(n, late=True) for n in range(items)}
        pages |= {f"/now/{n}": page(n, late=False) for n in range(items)}
        self._ready = {path.encode(): answer(200, "text/html", text) for path, text in pages.items()}
        self._ready |= {f"/rows/{n}".encode(): answer(200, "application/json", rows_of(n)) for n in range(items)}
        self._missing = answer(404, "text/plain", "nothing here")
        self._times: list[float] = []

    def __call__(self, path: bytes) -> bytes:
        """The answer to a request for this path."""
        if path == b"/served":
            times, self._times = self._times, []
            return answer(200, "text/plain", f"{len(times)} {times[-1] - times[0] if times else 0.0:.3f}")
        if path == b"/count":
            return answer(200, "text/plain", str(len(self._times)))
        if path.startswith(b"/rows/"):
            self._times.append(time.monotonic())
        return self._ready.get(path, self._missing)


class OneConnection(asyncio.Protocol):
    """One connection, kept alive; requests have no bodies."""

    def __init__(self, answers: DynamicAnswers) -> None:
        self._answers = answers
        self._rest = b""

    def connection_made(self, transport: Any) -> None:
        """Remember where to write."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete by now."""
        *requests, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for request in requests:
            self._transport.write(self._answers(request.split(b" ", 2)[1]))


async def serve(items: int) -> None:
    """Serve for ever; prints the port once it listens."""
    answers = DynamicAnswers(items)
    server = await asyncio.get_running_loop().create_server(lambda: OneConnection(answers), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
