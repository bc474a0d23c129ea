"""The tables, rules and settings that made a job's records, compared with those of today."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from asyncscrape.bundles import Fixed, Setting
from asyncscrape.frontier import kept_settings
from asyncscrape.frontier.agreement import Remembered, check, to_tell
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.frontier.postgres.standings import standing_as_of
from asyncscrape.frontier.renumbered_uses import renumbered
from asyncscrape.model import Kind, Rule, State, Table
from asyncscrape.snapshots import finished

SETTINGS = "settings"


async def agree(
    work: JobWork,
    tables: Sequence[Table],
    rules: Sequence[Rule] | None,
    settings: Sequence[Setting],
    mix: bool,
) -> list[str]:
    """Refuse what would change the meaning of what is stored; remember what is accepted. The changes to be told."""
    await work.run("turn_lock")
    await work.look()
    known = await remembered(work, rules)
    mixed = check(known, tables, rules, settings, mix=mix)
    work.meta.save("tables", list(tables))
    if rules is not None:
        if known.rules and list(known.rules) != list(rules):
            work.counting.set_uses(renumbered(work.totals.uses, known.rules, rules, known.urls))
        work.meta.save("rules", list(rules))
    if settings:
        work.meta.save(SETTINGS, kept_settings.kept(known.settings, settings))
    work.generation.mix(mixed)
    return to_tell(known, settings)


async def remembered(work: JobWork, rules: Sequence[Rule] | None) -> Remembered:
    """What the job knows about its records. The pages read are only looked up if rules have changed."""
    before = work.meta.load("rules", list[Rule])
    changed = bool(before) and rules is not None and list(rules) != before
    urls = [row["url"] for row in await work.rows("urls_read")] if changed else []
    return Remembered(
        work.meta.load("tables", list[Table]) or [],
        before,
        {name for name, n in work.totals.records.items() if n},
        lambda: urls,
        finished(await standing_as_of(work, running=False)),
        work.meta.load(SETTINGS, dict[str, str]) or {},
        await fixed(work),
    )


async def fixed(work: JobWork) -> Collection[Fixed]:
    """The settings of bundles that may not change any more."""
    read = work.totals.of(Kind.PAGE, State.DONE)
    closed = await work.value("bundle_closed")
    return [one for one, since in ((Fixed.READ, read), (Fixed.CLOSED, closed)) if since]
