"""The host at which tests switch the replica's behaviour and see what it was asked.

| ask `control.replica.test` for | what happens |
|---|---|
| `GET /behaviour` | shows all switches as they are now; `asyncscrape/replica/behaviour.py` explains them |
| `POST /behaviour` with a JSON object | changes the switches it names; `faults` start counting again |
| `GET /crowd` | shows the parameters of the crowd; `asyncscrape/replica/crowd/nouns.py` explains them |
| `POST /crowd` with a JSON object | goes back to the start, with a crowd that has these parameters |
| `GET /requests` | shows what other hosts were asked since the last reset, and how often; `?host=` picks one |
| `POST /reset` | goes back to the start: well-behaved, no requests, no counts |

A wrong request is answered with 400 and `{"error": …}`, and changes nothing.

    curl -H "Host: control.replica.test" http://127.0.0.1:8088/behaviour \\
      -d '{"today": "2026-11-20", "faults": [{"kind": "busy", "match": "*id=1&*", "times": 2}]}'
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import msgspec

from asyncscrape.replica.answers import READ_ONLY, Asked, Reply, as_json
from asyncscrape.replica.behaviour import Switches

HOST = "control.replica.test"


class Control:
    """The control desk of one replica."""

    methods = (*READ_ONLY, "POST")

    def __init__(self, switches: Switches) -> None:
        self._switches = switches

    def answer(self, asked: Asked) -> Reply:
        """Do what is asked, and answer with the new state."""
        path, _, query = asked.target.partition("?")
        match asked.method, path:
            case "POST", "/behaviour":
                return self._changed(asked.body, self._switches.change) or self._behaviour()
            case "POST", "/crowd":
                return self._changed(asked.body, self._switches.change_crowd) or self._crowd()
            case "POST", "/reset":
                self._switches.reset()
                return self._behaviour()
            case "GET" | "HEAD", "/behaviour":
                return self._behaviour()
            case "GET" | "HEAD", "/crowd":
                return self._crowd()
            case "GET" | "HEAD", "/requests":
                return self._requests(parse_qs(query).get("host", [""])[0])
        return as_json(
            {"error": f"{asked.method} {path} does not exist; use /behaviour, /crowd, /requests or /reset"}, 404
        )

    def _behaviour(self) -> Reply:
        return as_json(msgspec.to_builtins(self._switches.now))

    def _crowd(self) -> Reply:
        return as_json(msgspec.to_builtins(self._switches.crowd))

    def _changed(self, body: bytes, change: Callable[[Mapping[str, Any]], None]) -> Reply | None:
        """Make the change; an answer only if that is not possible."""
        try:
            values = json.loads(body)
        except ValueError as error:
            return as_json({"error": f"the body is not JSON: {error}"}, 400)
        if not isinstance(values, dict):
            return as_json({"error": "the body is not a JSON object of the switches to change"}, 400)
        try:
            change(values)
        except ValueError as error:
            return as_json({"error": str(error)}, 400)
        return None

    def _requests(self, host: str) -> Reply:
        asked = [entry for entry in self._switches.log if not host or entry[0] == host]
        body = {
            "total": len(asked),
            "counts": Counter(f"{host} {target}" for host, target, _ in asked),
            "requests": [{"host": host, "target": target, "status": status} for host, target, status in asked],
        }
        return as_json(body)
