"""A job that has begun in its folder does not begin anew in the database that its config names since then."""

from __future__ import annotations

from asyncscrape.config.models import Config
from asyncscrape.errors import UsageError
from asyncscrape.own_folders import STATE
from asyncscrape.stats import Standing


def refuse_not_moved(config: Config, standing: Standing | None, arguments: str) -> None:
    """Refuse to begin a job of which the database knows nothing while its folder has a state of it."""
    path = config.directory / STATE
    if standing is None and config.frontier_place.database and path.exists():
        raise UsageError(
            f"this job has begun with its state in {path}, and nothing of it is in {config.frontier_place}; to go on "
            f"with it there:\n  asyncscrape move {arguments}\nor delete that file, and the job begins anew"
        )
