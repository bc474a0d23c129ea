"""The addresses of the dynamic pages: shells, the data that their scripts ask for, and a login."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs

from asyncscrape.replica.answers import READ_ONLY, Asked, Reply, as_json
from asyncscrape.replica.behaviour import Switches
from asyncscrape.replica.dynamic import truth
from asyncscrape.replica.media.png import picture

HOST, FRAMES = "dynamic.example.org", "frames.example.org"
NAMES = (HOST, FRAMES, "dynamic.localhost")
"""The host itself, the one in its frames, and a name under which browsers find it on loopback."""

WEB = Path(__file__).with_name("web")
SHELLS: Mapping[str, str] = {path.stem: path.read_text("utf-8") for path in WEB.glob("*.html")}
SCRIPT = (WEB / "items.js").read_bytes()
ROBOTS = b"User-agent: *\nDisallow: /private\n"
SESSION = "session=5up3r"
LATE = 0.03
"""Seconds that data takes, so that no page has it at once."""


class DynamicPages:
    """The site. `frames` is the origin of its frames from elsewhere."""

    methods = (*READ_ONLY, "POST")

    def __init__(self, frames: str = f"https://{FRAMES}") -> None:
        self._frames = frames

    def answer(self, asked: Asked) -> Reply:
        """The answer to a request."""
        path, _, query = asked.target.partition("?")
        match asked.method, path.split("/")[1:]:
            case "POST", ["login"]:
                return _login(asked)
            case _, ["api", section]:
                return _data(section, parse_qs(query), asked)
            case _, ["items.js"]:
                return Reply(SCRIPT, "text/javascript; charset=utf-8")
            case _, ["robots.txt"]:
                return Reply(ROBOTS, "text/plain")
            case _, ["pictures", name] if name.endswith(".png"):
                return Reply(picture(name, 80, 60), "image/png")
            case _, [name, *rest]:
                return self._shell(name or "index", rest)
        return _nothing()

    def _shell(self, name: str, rest: list[str]) -> Reply:
        """The page as it is before any script has run. The app has the same one for each of its routes."""
        shell = SHELLS.get(name)
        if shell is None or (rest and name != "app"):
            return _nothing()
        return Reply(shell.replace("{frames}", self._frames).replace("{items}", _in_html(name)).encode())


def sites(_: Switches) -> dict[str, DynamicPages]:
    """The dynamic pages by their names; nothing about them can be switched."""
    return dict.fromkeys(NAMES, DynamicPages())


def _data(section: str, query: Mapping[str, list[str]], asked: Asked) -> Reply:
    """Some items of a section, as JSON."""
    if section == "account" and not _signed_in(asked):
        return as_json({"error": "signed out"}, 401)
    first, count = (_whole(query.get(name, [""])[0], usual) for name, usual in (("from", 0), ("count", 1_000)))
    found = truth.items(section)
    body = {"total": len(found), "items": [one._asdict() for one in found[first : first + count]]}
    return Reply(as_json(body).body, "application/json", delay=LATE)


def _in_html(section: str) -> str:
    """The items of a section as scripts write them."""
    return "".join(
        f'<li class="item" data-section="{one.section}" data-number="{one.number}">'
        f'<b class="name">{one.name}</b> <span class="price">{one.price}</span></li>'
        for one in truth.items(section)
    )


def _login(asked: Asked) -> Reply:
    """Open the account for whoever knows the words, and lead back to it."""
    said = parse_qs(asked.body.decode("utf-8", "replace"))
    if (said.get("user"), said.get("password")) != ([truth.USER], [truth.PASSWORD]):
        return Reply(b"", status=303, headers={"Location": "/account?wrong=1"})
    cookie = f"{SESSION}; Path=/; HttpOnly; SameSite=Lax"
    return Reply(b"", status=303, headers={"Location": "/account", "Set-Cookie": cookie})


def _signed_in(asked: Asked) -> bool:
    cookies = SimpleCookie()
    try:
        cookies.load(asked.headers.get("Cookie", ""))
    except CookieError:
        return False
    name, _, value = SESSION.partition("=")
    return name in cookies and cookies[name].value == value


def _whole(text: str, usual: int) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else usual


def _nothing() -> Reply:
    return Reply(b"<!doctype html><title>Nothing here</title><h1>Nothing here</h1>", status=404)
