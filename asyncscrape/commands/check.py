"""`check`: the plan of a job in plain words, from the config alone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from asyncscrape.commands.chosen import Chosen
from asyncscrape.commands.loading import console, load
from asyncscrape.config.models import Config, HostPoliteness, PageRule
from asyncscrape.jobs.rules import rule_job
from asyncscrape.model import Job, Table
from asyncscrape.units import in_words
from asyncscrape.urls import authority
from asyncscrape.views.figures import count, size
from asyncscrape.views.tables import facts


def check_job(chosen: Chosen) -> None:
    """Print what a run would do; the config has been validated by then."""
    config = load(chosen)
    console().print(facts(masked(plan(config, rule_job(config)), config)))


def masked(plan: Mapping[str, Sequence[str]], config: Config) -> dict[str, list[str]]:
    """The plan with "env:NAME" again wherever a value that came from there would be shown."""
    values = {secret.source: _value(secret.source, config.folder) for secret in config.secrets}
    lines = {topic: list(told) for topic, told in plan.items()}
    for source, value in values.items():
        if value:
            lines = {topic: [line.replace(value, source) for line in told] for topic, told in lines.items()}
    return lines


def _value(source: str, folder: Path) -> str:
    """What "env:NAME" or "file:PATH" stands for; the config has found it a moment ago."""
    kind, _, name = source.partition(":")
    return os.environ[name] if kind == "env" else (folder / name).read_text(encoding="utf-8").rstrip("\r\n")


def plan(config: Config, job: Job) -> dict[str, list[str]]:
    """The plan by topic; topics with nothing to tell are left out."""
    seeds = [seed.url for seed in job.seeds()]
    topics = {
        "job": [f"{config.name}, in {config.directory}"],
        "seeds": _seeds(config, seeds),
        "scope": list(_scope(config, seeds)),
        "politeness": list(_politeness(config)),
        "hosts": [f"{host}: {_host(limits)}" for host, limits in config.politeness.hosts.items()],
        "fetching": list(_fetching(config)),
        "origins": [f"{asked} is asked at {to}" for asked, to in config.fetch.origins.items()],
        "rules": [_rule(rule) for rule in config.page],
        "tables": [_table(table) for table in job.tables],
        "stores": list(_stores(config)),
        "credentials": [f"{s.key} from {s.source}: {'present' if s.present else 'missing'}" for s in config.secrets],
    }
    return {topic: lines for topic, lines in topics.items() if lines}


def _seeds(config: Config, seeds: Sequence[str]) -> list[str]:
    lines = [f"{count(len(seeds))}: {', '.join(seeds[:3])}{', …' if len(seeds) > 3 else ''}"] if seeds else []
    if config.seeds_file is not None:
        lines.append(f"some of them from {config.seeds_file}")
    if config.sitemaps == "auto":
        lines.append("and the sitemaps that robots.txt names")
    return lines


def _scope(config: Config, seeds: Iterable[str]) -> Iterator[str]:
    scope = config.scope
    yield f"hosts {', '.join(scope.hosts or dict.fromkeys(map(authority, seeds)))}"
    if scope.include:
        yield f"only {', '.join(scope.include)}"
    if scope.exclude:
        yield f"never {', '.join(scope.exclude)}"
    if scope.max_depth is not None:
        yield f"at most {count(scope.max_depth)} links away from a seed"
    if scope.max_pages is not None:
        yield f"at most {count(scope.max_pages)} pages"


def _politeness(config: Config) -> Iterator[str]:
    rules = config.politeness
    yield f"as {rules.user_agent}"
    yield "robots.txt is obeyed" if rules.robots else "robots.txt is NOT asked"
    yield f"each host: {_pace(rules.delay)}, {rules.per_host} open at once"
    rate = f", {rules.rate}" if rules.rate else ""
    yield f"the whole run: {rules.concurrency} open at once{rate}"


def _pace(delay: float) -> str:
    return f"a request every {in_words(delay)}" if delay else "no pause between requests"


def _host(limits: HostPoliteness) -> str:
    told = [
        f"as {limits.user_agent}" if limits.user_agent is not None else "",
        "robots.txt is NOT asked" if limits.robots is False else "",
        _pace(limits.delay) if limits.delay is not None else "",
        f"{limits.per_host} open at once" if limits.per_host is not None else "",
        str(limits.rate) if limits.rate is not None else "",
    ]
    return ", ".join(part for part in told if part) or "as every host"


def _fetching(config: Config) -> Iterator[str]:
    fetch = config.fetch
    yield f"{in_words(fetch.timeout)} for an exchange, {size(fetch.max_body)} for a body, {fetch.retries} retries"
    if fetch.headers:
        yield f"with the headers {', '.join(fetch.headers)}"
    if fetch.cookies:
        yield f"with the cookies {', '.join(fetch.cookies)}"
    if fetch.proxy:
        yield "through a proxy"


def _rule(rule: PageRule) -> str:
    match = ", ".join(rule.match)
    does = [
        f"{'one record for each ' + rule.each if rule.each else 'one record'} in {rule.table}" if rule.table else "",
        f"follows {', '.join(rule.follow)}" if rule.follow else "",
        f"read by {rule.parser}" if rule.parser else "",
    ]
    return f"{match}: {'; '.join(part for part in does if part)}"


def _table(table: Table) -> str:
    columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
    return f"{table.name} (key {', '.join(table.key)}): {columns}"


def _stores(config: Config) -> Iterator[str]:
    for store in config.store.records:
        kind, _, folder = store.partition(":")
        yield f"{kind} files in {folder or config.directory}"
    yield f"downloads in {config.blob_directory}"
