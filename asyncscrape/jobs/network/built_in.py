"""The job "network" as commands see it."""

from __future__ import annotations

from asyncscrape.jobs.base import BuiltIn
from asyncscrape.jobs.network.config import Network, findings, needs, presets, report_only
from asyncscrape.jobs.network.job import network_job
from asyncscrape.jobs.network.plan import plan
from asyncscrape.jobs.network.report.make import report
from asyncscrape.parsers.soundcloud.network_tables import NETWORK_TABLES

JOB = BuiltIn(
    section=Network,
    presets=presets,
    findings=findings,
    plan=plan,
    tables=NETWORK_TABLES,
    past_kinds=(),
    job=network_job,
    extras=("report", "network"),
    report=report,
    needs=needs,
    bundles="accounts",
    report_only=report_only,
)
