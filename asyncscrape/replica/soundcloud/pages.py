"""The pages of `soundcloud.com`, whose data stands in them as JSON, and the script that publishes the client id."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import unquote

import msgspec

from asyncscrape.replica.answers import Asked, Reply, redirect
from asyncscrape.replica.soundcloud import web_shapes
from asyncscrape.replica.soundcloud.views import View
from asyncscrape.replica.soundcloud.web_api import resolved

SCRIPT = "/assets/55-4f2a9c1e.js"
ROBOTS = Reply(
    b"User-Agent: *\nDisallow:\n\n"
    + b"".join(
        b"User-agent: " + name + b"\nDisallow: /\n\n"
        for name in (b"anthropic-ai", b"CCBot", b"GPTBot", b"Google-Extended", b"omgili", b"omgilibot")
    )
    + b"Sitemap: https://soundcloud.com/sitemap.xml\nSitemap: https://soundcloud.com/sitemapIndex.xml\n",
    "text/plain",
)
_VERSION = "1763640000"


def answer(asked: Asked, view: View) -> Reply:
    """The page at an address."""
    path = unquote(asked.target.partition("?")[0])
    if path == "/robots.txt":
        return ROBOTS
    return _kept(path, view)


def script(asked: Asked, view: View) -> Reply | None:
    """The script of the player, which holds the client id."""
    if asked.target.partition("?")[0] != SCRIPT:
        return None
    return Reply(
        f'!function(e){{e.config={{client_id:"{view.client_id}",env:"production"}}}}(window);'.encode(),
        "text/javascript",
    )


def unknown(status: int = 404) -> Reply:
    """What is said of all that is not there."""
    return Reply(
        b"<!DOCTYPE html><html><head><title>SoundCloud</title></head><body><h1>Not found</h1></body></html>",
        status=status,
    )


@lru_cache(maxsize=2_000)
def _kept(path: str, view: View) -> Reply:
    if path in ("/", "/discover"):
        return _page("Stream and listen to music online for free with SoundCloud", (), view)
    found = resolved(path, view)
    if found is None:
        return unknown()
    if isinstance(found, int):
        old, _, rest = path.strip("/").partition("/")
        by = view.world.profile(found)
        if by is not None and by.permalink != old:
            return redirect(301, f"/{by.permalink}/{rest}".rstrip("/"))
        who = web_shapes.user(found, view.world)
        return _page(f"Stream {who['username']} music", [("user", who)], view)
    track = web_shapes.track(found.id, view.world)
    who = web_shapes.user(found.by.id, view.world)
    return _page(f"Stream {track['title']} by {who['username']}", [("user", who), ("sound", track)], view)


def _page(title: str, shown: Sequence[tuple[str, Any]], view: View) -> Reply:
    entries = [
        ("anonymousId", "714-225-886-31"),
        ("features", {"features": ["v2_replica"]}),
        ("geoip", {"country_code": "SE", "country_name": "Sweden", "city": "Göteborg"}),
        ("privacySettings", {"allows_messages_from_unfollowed_users": False}),
        ("statsigClientInitializeResponse", {}),
        ("trackingBrowserTabId", "replica"),
        *shown,
        ("apiClient", {"id": view.client_id, "isExpiring": False}),
    ]
    hydration = [{"hydratable": name, "data": data} for name, data in entries]
    data = msgspec.json.encode(hydration).decode().replace("</", "<\\/")
    text = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>
<script>window.__sc_version="{_VERSION}"</script></head>
<body><div id="app"></div>
<script>window.__sc_hydration = {data};</script>
<script crossorigin src="https://a-v2.sndcdn.com/assets/0-2b61d0aa.js"></script>
<script src="https://a-v2.sndcdn.com{SCRIPT}" crossorigin></script>
</body></html>
"""
    return Reply(text.encode(), packable=False)
