"""Who may ask the API: bearer tokens, and the refresh tokens that renew them."""

from __future__ import annotations

from urllib.parse import parse_qs

from asyncscrape.replica.answers import Asked, Reply, as_json

TOKEN = "replica-token"
"""Always good."""
REFRESH_TOKEN = "replica-refresh"
"""Good until it is used: each renewal brings another."""
LIFE = 36_000
"""Seconds."""


class BearerTokens:
    """The tokens given out so far."""

    def __init__(self) -> None:
        self._good = {TOKEN}
        self._refresh = REFRESH_TOKEN
        self._renewals = 0

    def admits(self, asked: Asked) -> bool:
        """Whether a request shows a good token."""
        kind, _, token = asked.headers.get("Authorization", "").partition(" ")
        return kind.lower() == "bearer" and token in self._good

    def renew(self, asked: Asked) -> Reply:
        """The answer to a form that asks for a token."""
        form = {name: values[-1] for name, values in parse_qs(asked.body.decode("utf-8", "replace")).items()}
        match form.get("grant_type"):
            case "password":
                return as_json({"error": "unauthorized_client"}, 400)
            case "refresh_token" if not form.get("client_id"):
                return as_json({"error": "invalid_client"}, 401)
            case "refresh_token" if form.get("refresh_token") == self._refresh:
                return self._renewed()
            case "refresh_token" | "authorization_code":
                return as_json({"error": "invalid_grant"}, 400)
        return as_json({"error": "unsupported_grant_type"}, 400)

    def _renewed(self) -> Reply:
        self._renewals += 1
        token = f"{TOKEN}-{self._renewals}"
        self._refresh = f"{REFRESH_TOKEN}-{self._renewals}"
        self._good.add(token)
        return as_json(
            {
                "access_token": token,
                "expires_in": LIFE,
                "token_type": "Bearer",
                "scope": "app:docs user:dj",
                "refresh_token": self._refresh,
            }
        )
