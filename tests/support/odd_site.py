"""A site with everything that can happen to a request: redirects, refusals, files, sitemaps, pages for nobody.

It runs in a thread and remembers what it was asked for. Its replies may be changed while it runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple

PNG = b"\x89PNG\r\n\x1a\n"


class Reply(NamedTuple):
    """An answer; the body is HTML unless the headers say otherwise."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = {"Content-Type": "text/html"}


class OddSite:
    """Replies by path; other paths are not found."""

    def __init__(self, replies: Mapping[str, Reply]) -> None:
        self.replies = dict(replies)
        self.asked: list[str] = []
        self.port = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def reply(self, path: str) -> Reply:
        self.asked.append(path)
        return self.replies.get(path, Reply(b"nothing here", 404))


@contextmanager
def serving(replies: Mapping[str, Reply]) -> Iterator[OddSite]:
    """Serve these replies, in which "HERE" stands for the address."""
    site = OddSite(replies)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = site.reply(self.path)
            if found.status == 0:  # cut off
                self.close_connection = True
                return
            body = found.body.replace(b"HERE", site.url("").encode())
            self.send_response(found.status)
            for name, value in {**found.headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def page(title: str, *links: str, more: str = "") -> Reply:
    """A page with a title and links; `more` is HTML."""
    anchors = "".join(f'<a href="{link}">x</a>' for link in links)
    return Reply(f"<!doctype html><h1>{title}</h1><h2>{title} again</h2>{anchors}{more}".encode())


def to(location: str) -> Reply:
    """A redirect."""
    return Reply(b"", 302, {"Location": location})


def picture(content: str) -> Reply:
    """A file with these bytes."""
    return Reply(PNG + content.encode(), 200, {"Content-Type": "image/png"})


def pictures(*paths: str) -> str:
    """HTML that shows these files."""
    return "".join(f'<p class="shown"><img src="{path}"></p>' for path in paths)
