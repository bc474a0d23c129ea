"""`import`: WARC files of others as the source of a job: the same rules and the same stores, without any network.

1. The answers in the files are taken into the job's archive, each once, see `storage/archive/imports/importing.py`.
2. The rules are run over those that came so, and links lead on to others that are kept; see `crawl/rereading.py`.

Both go on where a kill has stopped them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console

from asyncscrape.archive.base import Imported, ImportOptions, ImportProgress
from asyncscrape.commands import needed_extras, what_is_read
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.job_config import console, load
from asyncscrape.commands.jobs import job_of
from asyncscrape.commands.reread import instead_of_run, reread, tell_what_waits
from asyncscrape.commands.summing_up import Telling, summed_up
from asyncscrape.config.models import Config
from asyncscrape.crawl.build import redaction, tables_of
from asyncscrape.crawl.judgement import Consent
from asyncscrape.crawl.rereading import KeptSource
from asyncscrape.crawl_job import Job
from asyncscrape.errors import JobChanged, UsageError
from asyncscrape.frontier.build import build_frontier
from asyncscrape.quality.shown_values import counted
from asyncscrape.snapshots import finished
from asyncscrape.storage.build import check_warc_files, import_answers, import_libraries, open_archive
from asyncscrape.views import import_bar
from asyncscrape.views.echo import echo
from asyncscrape.views.figures import count


def import_job(chosen: Chosen, files: Sequence[Path], how: Telling, *, accept: bool) -> int:
    """Take the answers in files, and run the rules over them; the exit code."""
    config = load(chosen, level="error" if how.quiet else None, asks=True)
    needed_extras.require(config, chosen.jobs)
    if config.kind is not None:
        raise UsageError(f'import needs page rules; a job of kind = "{config.kind}" makes requests of its own')
    import_libraries(*config.record_stores, config.blob_store)
    job = job_of(config, chosen.jobs)
    screen = None if how.quiet else console(stderr=True)
    try:
        taken = asyncio.run(_taken(config, job, files, screen))
    except JobChanged as changed:
        raise UsageError(changed.told(chosen.arguments, instead_of_run(config, chosen.arguments))) from changed
    except KeyboardInterrupt:
        echo(f"what was taken stays; to go on:  asyncscrape import {chosen.arguments}{how.more}", err=True)
        raise
    _tell(taken)
    with open_archive(config.archive) as archive:
        assert archive is not None
        source = KeptSource(archive, partial(what_is_read.of_import, config, job, archive))
        snapshot = reread(config, job, source, Consent(accept), screen)
    code = summed_up(snapshot, config, job, None, replace(how, beside={"imported": _as_json(taken)}))
    tell_what_waits(snapshot, chosen.arguments)
    return code


# The first step


async def _taken(config: Config, job: Job, files: Sequence[Path], screen: Console | None) -> Imported:
    """Take the answers into the archive, while nobody else works at the job."""
    stopped, frontier = threading.Event(), build_frontier(config.frontier_place)
    standing = await frontier.standing()
    rereading = standing is not None and standing.rereading
    if standing and standing.match and not finished(standing):
        raise UsageError("an extraction with --match was stopped; go on with it first, with the same --match")
    await asyncio.to_thread(check_warc_files, files)
    async with frontier.join() as worker:
        await worker.agree(tables_of(job, await worker.totals()), job.rules)
        await worker.begin_rereading()
        options = ImportOptions(
            redaction(config, job), config.fetch.max_body, worker.job_id, worker.generation.number, rereading
        )
        with _shown(screen, stopped) as told:
            importing = asyncio.create_task(asyncio.to_thread(import_answers, config.archive, files, options, told))
            try:
                return await asyncio.shield(importing)
            except asyncio.CancelledError:
                stopped.set()
                await asyncio.gather(importing, return_exceptions=True)
                raise


@contextmanager
def _shown(screen: Console | None, stopped: threading.Event) -> Iterator[Callable[[ImportProgress], None]]:
    """The progress on a screen; it also ends an import that was stopped, between two portions."""
    with import_bar.shown(screen) as show:

        def told(progress: ImportProgress) -> None:
            if stopped.is_set():
                raise InterruptedError
            show(str(progress.file), progress.read, progress.size, progress.answers)

        yield told


def _tell(taken: Imported) -> None:
    """What has come, what has not, and what is broken where."""
    known = f", {count(taken.known)} were there already" if taken.known else ""
    echo(f"{counted(taken.new, 'answer')} taken from the files{known}.", err=True)
    for file in taken.passed_over:
        echo(f"{file}: was imported before", err=True)
    for reason, number in taken.left_out.items():
        echo(f"{count(number)} left out: {reason}", err=True)
    for damage in taken.damages:
        echo(f"{damage.file}, byte {damage.byte:,}: {damage.reason}", err=True)
    if (more := taken.damaged - len(taken.damages)) > 0:
        echo(f"{count(more)} more places are damaged", err=True)


def _as_json(taken: Imported) -> Mapping[str, object]:
    damages = [{"file": str(one.file), "byte": one.byte, "reason": one.reason} for one in taken.damages]
    before = [str(file) for file in taken.passed_over]
    told = {"answers": taken.new, "known": taken.known, "files_imported_before": before, "left_out": taken.left_out}
    return {**told, "damaged": taken.damaged, "damages": damages}
