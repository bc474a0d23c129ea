"""Settings whose values are never shown."""

from __future__ import annotations

import re

KEY = re.compile(r"fetch\.(headers|cookies|proxy)\b|(secret|token|password|client_id|_key)$")
VALUE = re.compile(r"\s*\{|.*(:/.*@|(password|passwd|secret)\w*\s*=)", re.DOTALL | re.IGNORECASE)
"""A table, which may hold anything, or a URL or connection string with a password."""
ELSEWHERE = re.compile(r"""\s*["']?(env|file):""")
"""The value only says where the secret is."""
HIDDEN = "…"


def is_secret(key: str, value: str) -> bool:
    """Whether the value of this key must not be shown."""
    plain = re.sub(r"""[\s"']""", "", key)
    return not ELSEWHERE.match(value) and bool(KEY.search(plain) or VALUE.match(value))


def shown(setting: str) -> str:
    """A setting, such as `politeness.delay=1s`, without its value if that is a secret."""
    key, equals, value = setting.partition("=")
    return f"{key}={HIDDEN}" if equals and is_secret(key, value) else setting
