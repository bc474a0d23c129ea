"""The job that a TOML file with page rules describes."""

from __future__ import annotations

from collections.abc import Iterator

from asyncscrape.config.models import Config, PageRule
from asyncscrape.config.seeds import read_seeds
from asyncscrape.crawl_job import Job
from asyncscrape.jobs.rules.plans import Plans
from asyncscrape.jobs.rules.rule_tables import tables
from asyncscrape.jobs.rules.rule_texts import rules
from asyncscrape.model import BLOBS, Kind, Parser, Request
from asyncscrape.parsers.rules import RuleParser
from asyncscrape.parsers.sitemap import SitemapParser
from asyncscrape.urls import canonical


def rule_job(config: Config) -> Job:
    """The job with the rules of a config, compiled once for the run."""
    parsers: dict[str, Parser] = {
        Kind.PAGE: RuleParser(config.page, config.politeness.nofollow, config.fetch.max_elements),
        Kind.SITEMAP: SitemapParser(config.sitemaps_since),
    }
    filled = tables(config)
    if any(may_store_files(rule) for rule in config.page):
        filled = (*filled, BLOBS)
    return Job(config.name, filled, parsers, lambda: seeds(config), rules=rules(config), plans=Plans(config) or None)


def may_store_files(rule: PageRule) -> bool:
    """Whether a rule may download files; a Python parser always may."""
    fields = rule.fields.values()
    return rule.parser is not None or any(not isinstance(field, str) and field.blob is not None for field in fields)


def seeds(config: Config) -> Iterator[Request]:
    """The requests the crawl begins with: `seeds`, the seeds file and the sitemaps."""
    for url in read_seeds(config):
        yield seed(url, Kind.PAGE)
    if config.sitemaps is not None and config.sitemaps != "auto":
        for url in config.sitemaps:
            yield seed(url, Kind.SITEMAP)


def seed(url: str, kind: str) -> Request:
    """A request that comes from the config, which has already checked its URL."""
    return Request(canonical(url) or url, kind)
