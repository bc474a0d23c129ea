"""The job "music" as commands see it."""

from __future__ import annotations

from asyncscrape.jobs.base import BuiltIn
from asyncscrape.jobs.music.config import Music, findings, needs, presets
from asyncscrape.jobs.music.enrichment.offered import offered, useful
from asyncscrape.jobs.music.felt_artworks import felt_artworks_in
from asyncscrape.jobs.music.job import ALL_TABLES, TRACKS_OF_BOTH, music_job
from asyncscrape.jobs.music.plan import plan
from asyncscrape.jobs.music.report.make import report_on
from asyncscrape.parsers.beatport.wanted import SEARCH, TRACK
from asyncscrape.parsers.soundcloud.music_tables import POPULARITY
from asyncscrape.parsers.soundcloud.request_notes import KINDS

JOB = BuiltIn(
    section=Music,
    presets=presets,
    findings=findings,
    plan=plan,
    tables=ALL_TABLES,
    past_kinds=(*KINDS, SEARCH, TRACK),
    job=music_job,
    extras=("report",),
    report=report_on(ALL_TABLES),
    needs=needs,
    enrichments=offered(TRACKS_OF_BOTH),
    enriches=useful,
    lasting=(POPULARITY.name,),
    felt_artworks=felt_artworks_in(TRACKS_OF_BOTH),
)
