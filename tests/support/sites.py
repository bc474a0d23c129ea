"""Small sites for crawls: pages by path, and their parts."""

from __future__ import annotations

from aiohttp import web

from support.hosts_server import Answer, page


def site(pages: dict[str, web.Response | str]) -> Answer:
    """A host with these pages, where text is HTML; other paths are not found."""

    async def answer(request: web.Request) -> web.StreamResponse:
        found = pages.get(request.path_qs)
        if found is None:
            return web.Response(status=404)
        if isinstance(found, str):
            return page(found)
        return web.Response(status=found.status, body=found.body, headers=found.headers)

    return answer


def to(location: str, status: int = 302) -> web.Response:
    return web.Response(status=status, headers={"Location": location})


def links(*urls: str, title: str = "t") -> str:
    return f"<h1>{title}</h1>" + "".join(f'<a href="{url}">x</a>' for url in urls)
