"""`check`: the plan of a job in plain words, from the config alone; with `--connect`, the stores' answers too."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from asyncscrape.commands import many_workers, needed_extras
from asyncscrape.commands.check_browser import add_found_browser, browser_plan, capture_notes
from asyncscrape.commands.check_stores import answers, probed, verdict
from asyncscrape.commands.exposed import exposed
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.commands.jobs import built_in, job_of
from asyncscrape.config.models import Config, HostPoliteness, PageRule
from asyncscrape.config.values import BLOB_FACTS, blob_placeholders
from asyncscrape.crawl_job import Job
from asyncscrape.destinations import (
    ConfiguredStore,
    Destination,
    FolderDestination,
    PostgresDestination,
    S3Destination,
)
from asyncscrape.errors import Exit
from asyncscrape.expectations import ColumnExpectation, TableExpectation
from asyncscrape.jobs.base import BuiltIn
from asyncscrape.model import Table
from asyncscrape.quality.shown_values import percent
from asyncscrape.storage.build import archive_place
from asyncscrape.units import in_words
from asyncscrape.urls import authority
from asyncscrape.views.figures import count, size
from asyncscrape.views.tables import facts

NEVER_SHOWN = ("store.", "frontier.", "fetch.headers.", "fetch.cookies.", "fetch.proxy")
"""Keys whose values never appear in the plan: replacing these values everywhere would reveal more than it hides."""


FILES = "files"
"""The name of downloads in a plan."""
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


def check_job(chosen: Chosen, *, connect: bool, workers: int | None = None) -> int:
    """Validate the config and print what a run would do; the exit code."""
    config = load(chosen, asks=True)
    job, of_kind, screen = job_of(config, chosen.jobs), built_in(config, chosen.jobs), console()
    only_report = of_kind is not None and bool(of_kind.report_only(config))
    told = plan(config, job, of_kind)
    trouble = add_found_browser(told, config)
    shown = {topic: told[topic] for topic in ("job", config.kind or "")} if only_report else told
    screen.print(facts(masked(shown, config)))
    needed_extras.require(config, chosen.jobs)
    if trouble is not None:
        raise trouble
    if workers:
        many_workers.require(config, chosen.jobs)
    if only_report or not connect:
        return Exit.FINISHED
    found = asyncio.run(probed(config, job.tables))
    screen.print(facts(answers(found)))
    return verdict(found)


def masked(plan: Mapping[str, Sequence[str]], config: Config) -> dict[str, list[str]]:
    """The plan with "env:NAME" in place of every value that came from there."""
    shown = [secret.source for secret in config.secrets if not secret.key.startswith(NEVER_SHOWN)]
    values = {source: _value(source, config.folder) for source in shown}
    lines = {topic: list(told) for topic, told in plan.items()}
    for source, value in values.items():
        if value:
            lines = {topic: [line.replace(value, source) for line in told] for topic, told in lines.items()}
    return lines


def _value(source: str, folder: Path) -> str:
    """The value of "env:NAME" or "file:PATH", which exists because the config has just read it."""
    kind, _, name = source.partition(":")
    return os.environ[name] if kind == "env" else (folder / name).read_text(encoding="utf-8").rstrip("\r\n")


def plan(config: Config, job: Job, of_kind: BuiltIn | None) -> dict[str, list[str]]:
    """The plan by topic, without empty topics."""
    seeds = [seed.url for seed in job.seeds()]
    topics = {
        "job": [f"{config.name}, in {config.directory}"],
        config.kind or "": list(of_kind.plan(config)) if of_kind else [],
        "seeds": _seeds(config, seeds),
        "scope": list(_scope(config, seeds)),
        "politeness": list(_politeness(config)),
        "hosts": [f"{host}: {_host(limits)}" for host, limits in config.politeness.hosts.items()],
        "fetching": list(_fetching(config)),
        "browser": list(browser_plan(config)),
        "origins": [f"requests for {asked} go to {to}" for asked, to in config.fetch.origins.items()],
        "rules": [f"{number}. {_rule(rule)}" for number, rule in enumerate(config.page, 1)],
        "notes": [*exposed(config, job), *_rule_notes(config), *capture_notes(config)],
        "tables": [_table(table) for table in job.tables],
        "expected": [line for name, table in config.expectations.items() for line in _expected(name, table)],
        "state": list(_state(config)),
        "workers": list(many_workers.plan(config, job.tables)),
        "stores": list(_stores(config)),
        "credentials": list(_credentials(config)),
    }
    return {topic: lines for topic, lines in topics.items() if lines}


def _seeds(config: Config, seeds: Sequence[str]) -> list[str]:
    lines = [f"{count(len(seeds))}: {', '.join(seeds[:3])}{', …' if len(seeds) > 3 else ''}"] if seeds else []
    if config.seeds_file is not None:
        lines.append(f"some of them from {config.seeds_file}")
    if config.sitemaps == "auto":
        lines.append("and the sitemaps listed in robots.txt")
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
    yield "robots.txt is obeyed" if rules.robots else "robots.txt is NOT obeyed"
    yield f"each host: {_pace(rules.delay)}, {rules.per_host} open at once"
    rate = f", {rules.rate}" if rules.rate else ""
    yield f"the whole run: {rules.concurrency} open at once{rate}"


def _pace(delay: float) -> str:
    return f"a request every {in_words(delay)}" if delay else "no pause between requests"


def _host(limits: HostPoliteness) -> str:
    told = [
        f"as {limits.user_agent}" if limits.user_agent is not None else "",
        "robots.txt is NOT obeyed" if limits.robots is False else "",
        _pace(limits.delay) if limits.delay is not None else "",
        f"{limits.per_host} open at once" if limits.per_host is not None else "",
        str(limits.rate) if limits.rate is not None else "",
    ]
    return ", ".join(part for part in told if part) or "the same as every host"


def _fetching(config: Config) -> Iterator[str]:
    fetch = config.fetch
    yield f"{in_words(fetch.timeout)} for an exchange, {size(fetch.max_body)} for a body, {fetch.retries} retries"
    if fetch.headers:
        yield f"with the headers {', '.join(fetch.headers)}"
    if fetch.cookies:
        yield f"with the cookies {', '.join(fetch.cookies)}"
    if fetch.proxy:
        yield "through a proxy"
    if fetch.private_hosts:
        yield f"private addresses are let in for {', '.join(fetch.private_hosts)}"


def _rule(rule: PageRule) -> str:
    match = ", ".join(rule.match)
    does = [
        f"{'one record for each ' + rule.each if rule.each else 'one record'} in {rule.table}" if rule.table else "",
        f"follows {', '.join(rule.follow)}" if rule.follow else "",
        f"parsed by {rule.parser}" if rule.parser else "",
    ]
    return f"{match}: {'; '.join(part for part in does if part)}"


def _rule_notes(config: Config) -> Iterator[str]:
    for number, rule in enumerate(config.page, 1):
        yield from _clashes(number, rule)


def _clashes(number: int, rule: PageRule) -> Iterator[str]:
    """Names in the path of a file that mean a field here, although a URL has something of that name."""
    for name, field in rule.fields.items():
        template = "" if isinstance(field, str) else field.blob or ""
        for fact in BLOB_FACTS:
            if fact in rule.fields and fact in blob_placeholders(template):
                yield (
                    f"rule {number}: {{{fact}}} in the path of {name} means the field `{fact}`, not the "
                    f"{BLOB_FACTS[fact]} of the URL; rename the field to get that"
                )


def _table(table: Table) -> str:
    columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
    return f"{table.name} (key {', '.join(table.key)}): {columns}"


def _expected(name: str, table: TableExpectation) -> Iterator[str]:
    """What a finished table should be like: one line for its rows, and one for each column."""
    rows = [
        f"at least {count(table.min_rows)} rows" if table.min_rows is not None else "",
        f"at most {count(table.max_rows)} rows" if table.max_rows is not None else "",
        f"at most {percent(table.drop)} fewer rows than the generation before" if table.drop is not None else "",
    ]
    if any(rows):
        yield f"{name}: {', '.join(filter(None, rows))}"
    for column, one in table.columns.items():
        yield f"{name}.{column}: {', '.join(_values(one)) or 'anything'}"


def _values(expected: ColumnExpectation) -> Iterator[str]:
    if expected.filled is not None:
        yield f"{percent(expected.filled)} filled"
    if expected.min is not None:
        yield f"at least {expected.min}"
    if expected.max is not None:
        yield f"at most {expected.max}"
    if expected.unique:
        yield "unique"
    if expected.pattern:
        yield f"like {expected.pattern}"


def _state(config: Config) -> Iterator[str]:
    """Where the state is, unless it is in the job's own folder."""
    if database := config.frontier_place.database:
        place = str(database.destination).removeprefix("postgres at ")
        yield f"in postgres ({database.source})" if database.source else f"in postgres://{place}"
        yield f"the hosts of a dead worker go to others after {in_words(config.frontier.lease)}"


def _stores(config: Config) -> Iterator[str]:
    for store in config.record_stores:
        yield f"records: {_place(store, config)}"
    same = ", the same bytes only once" if config.store.dedupe else ""
    yield f"downloads: {_place(config.blob_store, config)}{same}"
    if config.store.archive:
        yield f"answers: warc in {archive_place(config.archive)}"


def _place(store: ConfiguredStore[Destination], config: Config) -> str:
    """Where results go; for a place kept outside the config, only its kind."""
    match store.destination:
        case PostgresDestination() as place:
            return f"postgres ({store.source})" if store.source else f"{place}, schema {place.schema}"
        case S3Destination() as place:
            where = f"s3 ({store.source})" if store.source else str(place)
            return f"{place.form or FILES} in {where} at {_endpoint(config)}"
        case FolderDestination() as place:
            own = config.directory if place.form else config.directory / "blobs"
            where = f"folder ({store.source})" if store.source else str(place.folder or own)
            return f"{place.form or FILES} in {where}"


def _endpoint(config: Config) -> str:
    own = config.source_of("store", "s3", "endpoint") or config.store.s3.endpoint
    return own or next((f"the endpoint in {name}" for name in ENDPOINTS if name in os.environ), "Amazon")


def _credentials(config: Config) -> Iterator[str]:
    """The credentials that the config and the stores need, and whether they are present; never the values."""
    for secret in config.secrets:
        yield f"{secret.key} from {secret.source}: {'present' if secret.present else 'missing'}"
    places = [store.destination for store in (*config.record_stores, config.blob_store)]
    for place in places:
        if isinstance(place, PostgresDestination):
            yield f"password of postgres: {_password(place)}"
    if database := config.frontier_place.database:
        yield f"password of postgres for the state: {_password(database.destination)}"
    if any(isinstance(place, S3Destination) for place in places):
        own = config.store.s3.access_key is not None
        yield f"keys of s3: {'access_key and secret_key from the config' if own else 'from the usual AWS chain'}"


def _password(place: PostgresDestination) -> str:
    if place.has_password:
        return "present in its URL"
    if "PGPASSWORD" in os.environ:
        return "present in PGPASSWORD"
    return f"none in its URL; looked up in {os.environ.get('PGPASSFILE', '~/.pgpass')}"
