"""The JSON Schema that pydantic makes from the models, adapted to TOML and secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from asyncscrape.config.job_keys import JobKeys, config_type
from asyncscrape.config.values import SECRET

DRAFT = "https://json-schema.org/draft/2020-12/schema"
NULL = {"type": "null"}
BEHIND_JOBS = ("store", "expect", "log")
"""Tables that follow those of built-in jobs, because rules and jobs come before the storing of their records."""


def finished(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema for people who write TOML, which has no null, and where any text may be a secret."""
    return {"$schema": DRAFT, "title": schema["title"], **_finished(schema)}


def _finished(node: Any) -> Any:
    if isinstance(node, list):
        return [_finished(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _finished(value) for key, value in node.items()}
    return _or_secret(_without_null(_without_noise(node)))


def _without_noise(node: dict[str, Any]) -> dict[str, Any]:
    """Drop titles that repeat the key, defaults that repeat those of the keys below, and line breaks."""
    if isinstance(node.get("title"), str):
        del node["title"]
    if "$ref" in node:
        node.pop("default", None)
    if isinstance(node.get("description"), str):
        node["description"] = " ".join(node["description"].split())
    return node


def _without_null(node: dict[str, Any]) -> dict[str, Any]:
    if "default" in node and node["default"] is None:
        del node["default"]
    if NULL in node.get("anyOf", ()):
        options = [option for option in node.pop("anyOf") if option != NULL]
        return {**(options[0] if len(options) == 1 else {"anyOf": options}), **node}
    return node


def _or_secret(node: dict[str, Any]) -> dict[str, Any]:
    """Allow a secret wherever there is a choice of words."""
    choice = {key: node.pop(key) for key in ("enum", "const") if isinstance(node.get(key), (list, str))}
    if not choice:
        return node
    node.pop("type", None)
    return {**node, "anyOf": [{"type": "string", **choice}, {"type": "string", "pattern": f"^{SECRET}$"}]}


def json_schema(jobs: Mapping[str, JobKeys]) -> dict[str, Any]:
    """The format of the file for editors, as JSON Schema (draft 2020-12), with the tables of these built-in jobs."""
    schema = config_type(jobs).model_json_schema()
    for name in BEHIND_JOBS:
        schema["properties"][name] = schema["properties"].pop(name)
    return finished(schema)
