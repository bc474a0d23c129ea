"""The keys that a walk depends on. It goes on with the values it began with: mixed ones would make a walk of chance.

`max_accounts` and the accounts themselves are none of them: a walk may always go further.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from asyncscrape.bundles import Fixed, Setting
from asyncscrape.jobs.network.config import SECTION, Network


def fixed_settings(options: Network) -> list[Setting]:
    """The keys with their values, and from when on they stay as they are."""
    return [Setting(f"{SECTION}.{name}", value, fixed) for name, value, fixed in _values(options)]


def _values(options: Network) -> Iterator[tuple[str, str | None, Fixed]]:
    yield "soundcloud", json.dumps(options.soundcloud), Fixed.READ
    yield "kinds", json.dumps(sorted(options.kinds)), Fixed.READ
    yield "latest", str(options.latest), Fixed.READ
    for kind in sorted(options.kinds):
        yield f"weights.{kind}", f"{options.weights.of(kind):.15g}", Fixed.CLOSED
    yield "grow", json.dumps(options.grow) if options.grow else None, Fixed.CLOSED
    yield "look_ahead", str(options.look_ahead), Fixed.NEVER
