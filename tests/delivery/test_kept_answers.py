"""Kept answers travel between the records of a job, and only the archive takes them; stores with cursors of their own
come as far as all others.
"""

from __future__ import annotations

from pathlib import Path

from support.forked_command import run
from support.graph_config import finished, running_site, write_job
from support.postgres_server import Database
from support.team_jobs import WITHOUT_FILES


def test_a_job_whose_last_entry_is_an_answer_can_be_run_again(tmp_path: Path, postgres: Database) -> None:
    with running_site(tmp_path, pages=1, blobs=0) as site:
        stores = postgres.store("kept"), "jsonl"
        config = write_job(tmp_path, site.seeds, stores=stores, store={"archive": True}, rules=WITHOUT_FILES)
        assert 0 == run("run", config, "--quiet").code
        again = run("run", config, "--quiet")
        assert 0 == again.code, again.err
        assert 1 == len(finished(tmp_path, tables=("page",)).tables["page"])
        [[rows]] = postgres.sql("SELECT count(*) FROM kept.page")
    assert "1" == rows
