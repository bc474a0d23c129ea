"""What keeps several workers out of a job: every reason at once, each with what to use instead."""

from __future__ import annotations

from pathlib import Path

from support.config_files import MINIMAL, loaded

from asyncscrape.config.one_machine import reasons
from asyncscrape.jobs.rules.job import rule_job

SHARED = MINIMAL.replace(
    "[[page]]",
    '[frontier]\nurl = "postgres://u@host/db"\n[store]\nrecords = ["postgres://u@host/db", "parquet:s3://bucket/p"]\n[[page]]',
)
IMAGE = """
table = "picture"
key = ["url"]
[page.fields]
url = "@url"
image = { css = "img::attr(src)", blob = "{url_hash}{ext}" }
"""


def reasons_of(folder: Path, text: str, *overrides: str, secrets: dict[str, str] | None = None) -> list[str]:
    config = loaded(folder, text, overrides, secrets)
    return reasons(config, rule_job(config).tables)


def test_a_database_and_a_bucket_are_for_everybody(tmp_path: Path) -> None:
    assert [] == reasons_of(tmp_path, SHARED)
    assert [] == reasons_of(tmp_path, SHARED + IMAGE, "store.blobs=s3://bucket/files", "store.archive=true")


def test_every_reason_is_told_at_once(tmp_path: Path) -> None:
    records = 'store.records=["csv", "xlsx:tables", "jsonl:s3://bucket/p"]'
    found = reasons_of(tmp_path, MINIMAL + IMAGE, records, "store.dedupe=true", "store.archive=true")
    assert ["frontier", "csv", "xlsx:tables", "store.blobs", "store.dedupe", "store.archive"] == [
        reason.partition(": ")[0] for reason in found
    ]
    assert (
        "csv: the files lie on one machine's disk, where other workers cannot add to them; "
        'use "postgres://user@host/db" or "csv:s3://bucket/prefix"'
    ) == found[1]
    assert 'use "s3://bucket/prefix"' in found[3]
    assert 'use blobs = "s3://bucket/prefix"' in found[5]


def test_a_secret_place_is_not_shown(tmp_path: Path) -> None:
    [reason] = reasons_of(tmp_path, SHARED, 'store.records=["env:PLACE"]', secrets={"PLACE": "csv:/secret/place"})
    assert reason.startswith("env:PLACE: the files lie")
    assert "/secret" not in reason
