"""The job "network": accounts, whom each listens to, and from there to the next.

    resolve ─► account ─┬► uploads
                        ├► likes          … each with its next pages
                        ├► comments
                        ├► reposts
                        └► follows

All requests of an account are a bundle. Once all have ended, `walk.py` makes rows of what they have found, and the
account that the others interacted with most comes next. `look_ahead` bundles are open at once, so many accounts are
read side by side, and yet the order in which they come depends on what they did and on nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from asyncscrape.bundles import Bundling, Growth, Scoring
from asyncscrape.config.models import Config
from asyncscrape.crawl_job import Job
from asyncscrape.errors import ConfigError, Problem
from asyncscrape.jobs.network.account_pages import ACCOUNT, UPLOADS, AccountPages
from asyncscrape.jobs.network.accounts_file import ChangingFile, given
from asyncscrape.jobs.network.config import SECTION, Network
from asyncscrape.jobs.network.fixed_settings import fixed_settings
from asyncscrape.jobs.network.walk import POPULAR, Walk
from asyncscrape.jobs.sites.soundcloud import APIS, SECRET_NAMES, access
from asyncscrape.model import PastRequest, Request
from asyncscrape.parsers.soundcloud.network_tables import NETWORK_TABLES
from asyncscrape.parsers.soundcloud.official_api import OfficialApi
from asyncscrape.parsers.soundcloud.web_api import WebApi


def network_job(config: Config, past: Sequence[PastRequest], today: date) -> Job:
    """The job. Raises ConfigError for a bad file of accounts, or an original that is not there."""
    options = config.section(Network)
    if options.original and not options.original.is_file():
        what = "is not a file" if options.original.exists() else "does not exist"
        raise ConfigError([Problem(line=0, key=f"{SECTION}.original", message=what, file=str(options.original))])
    api = APIS[options.soundcloud]()
    seeds = Seeds(api, options)  # before the file is read, so that no change of it is missed
    named = given(options.accounts, options.accounts_file)
    pages = AccountPages(api, options.kinds, options.latest)
    weights: dict[str, float] = {kind: options.weights.of(kind) for kind in options.kinds}
    walk = Walk(api, options.latest, weights, options.grow or POPULAR)
    scoring = Scoring(walk.grow, walk.score_told)
    growth = Growth(options.look_ahead, chooses=bool(options.grow), most=options.max_accounts)
    return Job(
        config.name,
        NETWORK_TABLES,
        {ACCOUNT: pages.profile, UPLOADS: pages.uploads, **dict.fromkeys(options.kinds, pages.deeds)},
        lambda: seeds.of(named),
        access=access(options, SECTION),
        secret_names=SECRET_NAMES,
        bundling=Bundling(walk.read, growth, scoring, fixed_settings(options), seeds.news),
    )


class Seeds:
    """The accounts that the user names; the file may get further ones while the job runs."""

    def __init__(self, api: OfficialApi | WebApi, options: Network) -> None:
        self._api = api
        self._file = ChangingFile(options.accounts_file) if options.accounts_file else None

    def of(self, permalinks: Sequence[str]) -> Iterator[Request]:
        """The request that opens each account."""
        return (Request(self._api.resolve(one), ACCOUNT, opens=one) for one in permalinks)

    def news(self) -> Sequence[Request]:
        """The accounts of the file, if it has changed; known ones among them change nothing."""
        found = self._file.news() if self._file else None
        return list(self.of(found)) if found else ()
