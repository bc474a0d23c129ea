"""The host at which tests switch what the replica does and see what it was asked.

| ask `control.replica.test` for | what happens |
|---|---|
| `GET /behaviour` | all that can be switched, as it is now; `asyncscrape/replica/behaviour.py` explains it |
| `POST /behaviour` with a JSON object | what it names changes, the rest stays; `faults` begin to count anew |
| `GET /requests` | what the other hosts were asked since the last reset, and how often; `?host=` picks one |
| `POST /reset` | everything as at the start: well-behaved, nothing asked, no counts |

What is wrong with a question is answered with 400 and `{"error": …}`, and nothing changes.

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
        """Does what is asked for, and says how things stand then."""
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
        return as_json(
            {"error": f"{asked.method} {path} is nothing here; there are /behaviour, /requests, /reset"}, 404
        )

    def _behaviour(self) -> Reply:
        return as_json(msgspec.to_builtins(self._switches.now))

    def _change(self, body: bytes) -> Reply:
        try:
            values = json.loads(body)
        except ValueError as error:
            return as_json({"error": f"the body is not JSON: {error}"}, 400)
        if not isinstance(values, dict):
            return as_json({"error": "the body is not a JSON object of what to change"}, 400)
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
