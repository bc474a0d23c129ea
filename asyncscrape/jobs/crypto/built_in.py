"""The job "crypto" as commands see it."""

from __future__ import annotations

from asyncscrape.jobs.base import BuiltIn
from asyncscrape.jobs.crypto.config import Crypto, findings, presets
from asyncscrape.jobs.crypto.job import KINDS, TABLES, crypto_job
from asyncscrape.jobs.crypto.page_plans import opens_pages
from asyncscrape.jobs.crypto.plan import plan
from asyncscrape.jobs.crypto.report.make import report

JOB = BuiltIn(
    section=Crypto,
    presets=presets,
    findings=findings,
    plan=plan,
    tables=TABLES,
    past_kinds=KINDS,
    job=crypto_job,
    extras=("report",),
    opens_pages=opens_pages,
    report=report,
)
