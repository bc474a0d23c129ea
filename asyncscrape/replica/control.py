"""The host at which tests switch the replica's behaviour and see what it was asked.

| ask `control.replica.test` for | what happens |
|---|---|
| `GET /behaviour` | shows all switches as they are now; `asyncscrape/replica/behaviour.py` explains them |
| `POST /behaviour` with a JSON object | changes the switches it names; `faults` start counting again |
| `GET /requests` | shows what other hosts were asked since the last reset, and how often; `?host=` picks one |
| `POST /reset` | goes back to the start: well-behaved, no requests, no counts |

A wrong request is answered with 400 and `{"error": …}`, and changes nothing.

    curl -H "Host: control.replica.test" http://127.0.0.1:8088/behaviour \\
      -d '{"today": "2026-11-20", "faults": [{"kind": "busy", "match": "*id=1&*", "times": 2}]}'
"""

from __future__ import annotations

import json
from collections import Counter
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
                return self._change(asked.body)
            case "POST", "/reset":
                self._switches.reset()
                return self._behaviour()
            case "GET" | "HEAD", "/behaviour":
                return self._behaviour()
            case "GET" | "HEAD", "/requests":
                return self._requests(parse_qs(query).get("host", [""])[0])
        return as_json({"error": f"{asked.method} {path} does not exist; use /behaviour, /requests or /reset"}, 404)

    def _behaviour(self) -> Reply:
        return as_json(msgspec.to_builtins(self._switches.now))

    def _change(self, body: bytes) -> Reply:
        try:
            values = json.loads(body)
        except ValueError as error:
            return as_json({"error": f"the body is not JSON: {error}"}, 400)
        if not isinstance(values, dict):
            return as_json({"error": "the body is not a JSON object of the switches to change"}, 400)
        try:
            self._switches.change(values)
        except ValueError as error:
            return as_json({"error": str(error)}, 400)
        return self._behaviour()

    def _requests(self, host: str) -> Reply:
        asked = [entry for entry in self._switches.log if not host or entry[0] == host]
        body = {
            "total": len(asked),
            "counts": Counter(f"{host} {target}" for host, target, _ in asked),
            "requests": [{"host": host, "target": target, "status": status} for host, target, status in asked],
        }
        return as_json(body)
