"""The job that a TOML file with page rules describes."""

from __future__ import annotations

from collections.abc import Iterator

from asyncscrape.config import Config, read_seeds, tables
from asyncscrape.model import PAGE, SITEMAP, Job, Parser, Request
from asyncscrape.parsers.rules import RuleParser
from asyncscrape.parsers.sitemap import SitemapParser
from asyncscrape.urls import canonical


def rule_job(config: Config) -> Job:
    """Compile the rules of a config, once for the run."""
    parsers: dict[str, Parser] = {
        PAGE: RuleParser(config.page, config.politeness.nofollow, config.fetch.max_elements),
        SITEMAP: SitemapParser(config.sitemaps_since),
    }
    return Job(config.name, tables(config), parsers, lambda: seeds(config))


def seeds(config: Config) -> Iterator[Request]:
    """Where the crawl begins: pages of the config and of its seeds file, and the sitemaps it names."""
    for url in read_seeds(config):
        yield seed(url, PAGE)
    if config.sitemaps is not None and config.sitemaps != "auto":
        for url in config.sitemaps:
            yield seed(url, SITEMAP)


def seed(url: str, kind: str) -> Request:
    """A request that no page offered; the config has seen to it that the URL is one."""
    return Request(canonical(url) or url, kind)
