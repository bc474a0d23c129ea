"""The host that gives tokens for the official API, and what that API wants to see."""

from __future__ import annotations

import re
import time
from base64 import b64decode
from binascii import Error
from urllib.parse import parse_qsl

from asyncscrape.replica.answers import JSON, Asked, Reply, as_json
from asyncscrape.replica.behaviour import Switches

CLIENT_ID = "replica-app"
CLIENT_SECRET = "replica-secret"
_DOCS = "https://developers.soundcloud.com/docs/api"
_TOKEN = re.compile(r"replica-(\d+)-(\d+)")


class Tokens:
    """The tokens of one replica. A token tells itself how long it is valid, so none has to be remembered."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._given = 0
        self._resets = switches.resets
        self._renewed: set[str] = set()

    def answer(self, asked: Asked) -> Reply | None:
        """The answer to a request for a token; None for any other."""
        if asked.method != "POST" or asked.target.partition("?")[0] != "/oauth/token":
            return None
        form = dict(parse_qsl(asked.body.decode(errors="replace")))
        if not _is_known(asked.headers.get("Authorization", ""), form):
            return as_json({"error": "invalid_client"}, 401)
        match form.get("grant_type"):
            case "client_credentials":
                return self._first()
            case "refresh_token":
                return self._renew(form.get("refresh_token", ""))
        return as_json({"error": "unsupported_grant_type"}, 400)

    def _first(self) -> Reply:
        if self._resets != self._switches.resets:
            self._given, self._resets = 0, self._switches.resets
        quota = self._switches.now.token_quota
        if quota is not None and self._given >= quota:
            return _too_many(self._switches.now.quota_answer)
        return self._give()

    def _renew(self, old: str) -> Reply:
        """A renewal takes each refresh token once."""
        if not old.startswith("renew-replica-") or old in self._renewed:
            return as_json({"error": "invalid_grant"}, 400)
        self._renewed.add(old)
        return self._give()

    def _give(self) -> Reply:
        self._given += 1
        life = self._switches.now.token_life
        token = f"replica-{time.time_ns()}-{int((time.time() + life) * 1_000)}"
        granted = {
            "access_token": token,
            "expires_in": int(life),
            "refresh_token": f"renew-{token}",
            "scope": "",
            "token_type": "bearer",
        }
        return as_json(granted)


def is_valid(authorization: str) -> bool:
    """Whether a header holds a token that has not expired."""
    scheme, _, token = authorization.partition(" ")
    known = _TOKEN.fullmatch(token)
    return scheme == "OAuth" and known is not None and time.time() * 1_000 < int(known[2])


def _is_known(authorization: str, form: dict[str, str]) -> bool:
    """Whether the id and the secret are right; they come in the header, as today, or in the form, as they used to."""
    scheme, _, packed = authorization.partition(" ")
    try:
        told = b64decode(packed).decode() if scheme == "Basic" else ""
    except (Error, UnicodeDecodeError):
        return False
    in_form = f"{form.get('client_id')}:{form.get('client_secret')}"
    return f"{CLIENT_ID}:{CLIENT_SECRET}" in (told, in_form)


def _too_many(form: str) -> Reply:
    name = "rate_limit_exceeded"
    if form == "2026":
        headers = {"www-authenticate": "Basic", "x-cache": "Error from cloudfront"}
        return Reply(b'{"error":"rate_limit_exceeded"}', JSON, 429, headers)
    if form == "2021":
        body = {
            "code": 429,
            "message": name,
            "link": f"{_DOCS}/rate-limits#errors",
            "status": "429 - Too Many Requests",
        }
        return as_json({**body, "errors": [{"error_message": name}], "error": None, "error_code": name}, 429)
    soon = time.strftime("%Y/%m/%d %H:%M:%S +0000", time.gmtime(time.time() + 3_600))
    limit = {
        "bucket": "by-ip",
        "max_nr_of_requests": 30,
        "time_window": "PT1H",
        "name": "client-credentials-exchange",
    }
    meta = {"rate_limit": limit, "remaining_requests": 0, "reset_time": soon}
    return as_json({"errors": [{"meta": meta}]}, 429)
