"""A job that an older version began and was killed at, resumed: it ends like an undisturbed one.

`older_version/` holds the state of the job, as SQL, and the parts of its tables. One run ended at a limit of four
pages, and the next one was killed: some records are in parts, some still in the journal, and some URLs are leased.
That version knew no generations, facts, rules or flaws. The site is behind a proxy, because the fingerprints of URLs
depend on its port.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from support import graph_site
from support.command import run
from support.graph_config import NAME, Site, finished, running_site, write_job
from support.job_frontier import state_file

OLDER = Path(__file__).with_name("older_version")
SEED = "http://graph.test/p/0.html"
FORMS = ("jsonl", "csv")
READ = {"/p/0.html", "/p/1.html", "/p/2.html", "/p/6.html", "/j/0.json", "/b/0.png", "/p/3.html", "/p/4.html"}


def job(folder: Path, site: Site) -> Path:
    folder.mkdir(exist_ok=True)
    return write_job(folder, [SEED], stores=FORMS, fetch={"proxy": f"http://127.0.0.1:{site.port}"})


def begin(folder: Path, site: Site) -> None:
    """Put everything where the older version left it."""
    shutil.copytree(OLDER / "parts", folder / NAME / "parts")
    with closing(sqlite3.connect(folder / NAME / "state.db")) as state:
        state.executescript((OLDER / "state.sql").read_text())
        [[picture]] = state.execute("SELECT path FROM content")
    (folder / NAME / "blobs/pics").mkdir(parents=True)
    (folder / NAME / "blobs" / picture).write_bytes(graph_site.picture(0, site.graph.picture_size))


@state_file
def test_a_job_that_an_older_version_began_ends_like_an_undisturbed_one(tmp_path: Path) -> None:
    with running_site(tmp_path, pages=12, blobs=2, latency=0) as site:
        whole = run("run", job(tmp_path / "whole", site), "--quiet", "--json")
        site.log_file.write_text("")
        begin(tmp_path / "older", site)
        ended = run("run", job(tmp_path / "older", site), "--quiet", "--json")
        asked = [entry.path for entry in site.log()]
    assert (0, 0) == (whole.code, ended.code)
    for form in FORMS:
        assert finished(tmp_path / "whole", form) == finished(tmp_path / "older", form)
    assert sorted(site.graph.paths() - READ) == sorted(asked)
    for told in ("records", "pages", "files", "generation", "beside"):
        assert whole.summary[told] == ended.summary[told], told
