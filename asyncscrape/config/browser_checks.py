"""Checks of the keys for pages that need a browser against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from asyncscrape.browsing import END, StepKind
from asyncscrape.config.checks import Finding, RawRule, raw_rules
from asyncscrape.config.key_lines import Place
from asyncscrape.config.values import nearest

IN_A_BROWSER = ("wait", "dismiss", "steps", "capture")
"""Keys of a rule that say what to do on an open page."""
PAIRS = {StepKind.FILL: ("text", 'text = "…"'), StepKind.SELECT: ("value", 'value = "…"')}
"""Kinds of steps that need another key, with an example."""
WORDS = ", ".join(StepKind)
WITHOUT_ELEMENT = (StepKind.PRESS, StepKind.PYTHON)
ONLY_ONCE = (StepKind.FILL, StepKind.SELECT, StepKind.PYTHON)


def browser_findings(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Steps that cannot be carried out, and rules that say what to do in a browser but never open one."""
    fetch = data.get("fetch")
    browser = fetch.get("browser") if isinstance(fetch, dict) else None
    use = browser.get("use", False) if isinstance(browser, dict) else False
    logins = browser.get("login") if isinstance(browser, dict) else None
    for index, login in enumerate(logins if isinstance(logins, list) else ()):
        if isinstance(login, dict):
            yield from steps_findings(login.get("steps"), ("fetch", "browser", "login", index, "steps"))
    for rule in raw_rules(data):
        yield from _without_browser(rule, use)
        yield from steps_findings(rule.raw.get("steps"), rule.at("steps"))


def _without_browser(rule: RawRule, use: object) -> Iterator[Finding]:
    key = next((key for key in IN_A_BROWSER if key in rule.raw), None)
    if key is None or rule.raw.get("browser", use) is not False:
        return
    if "browser" in rule.raw:
        yield rule.at(key), "has no effect with browser = false; remove one of the two"
    else:
        yield rule.at(key), "is for pages that are opened in a browser; add browser = true to this rule"


def steps_findings(steps: object, place: Place) -> Iterator[Finding]:
    """Steps that are none, that are two, or that have keys of another."""
    for index, step in enumerate(steps if isinstance(steps, list) else ()):
        if isinstance(step, dict):
            yield from _step(step, (*place, index))


def _step(step: Mapping[str, Any], place: Place) -> Iterator[Finding]:
    kinds = [kind for kind in StepKind if kind in step]
    if not kinds:
        if not any(nearest(key, StepKind) for key in step):
            yield place, f"this step does nothing; add one of {WORDS}"
        return
    kind = kinds[0]
    for other in kinds[1:]:
        yield (*place, other), f"cannot be used with {kind}: a step does one thing; write two steps"
    if len(kinds) > 1:
        return
    needed, example = PAIRS.get(kind, ("", ""))
    if needed and needed not in step:
        yield place, f"{kind} needs to know what; add {example} to this step"
    for owner, (key, _) in PAIRS.items():
        if key in step and owner is not kind:
            yield (*place, key), f"belongs to {owner}, and this step is {kind}; remove it"
    yield from _how(kind, step, place)


def _how(kind: StepKind, step: Mapping[str, Any], place: Place) -> Iterator[Finding]:
    """Keys that say how to carry out a step."""
    if "repeat" in step and "max" in step:
        yield (*place, "max"), "means the same as repeat; keep one of them"
    for key in ("repeat", "max"):
        if key in step and kind in ONLY_ONCE:
            yield (*place, key), f"has no effect on {kind}, which is done once; remove it"
    if "if_present" in step and (kind in WITHOUT_ELEMENT or step.get(kind) == END):
        yield (*place, "if_present"), f"has no effect on {kind} here, which needs no element; remove it"
