"""Tables in S3 of a job with several workers, one of which is killed: each key once, as one worker makes them."""

from __future__ import annotations

from pathlib import Path

from support.command import lines, run
from support.graph_config import TABLES, Row, running_site
from support.herd import codes, herd
from support.postgres_server import Database
from support.s3_server import Bucket
from support.service_job import Services, ordered
from support.team_jobs import WITHOUT_FILES, wanted


def tables_of(services: Services, folder: Path) -> dict[str, list[Row]]:
    """The finished tables, as they are computed without crawling."""
    found = {table: services.exported_rows(folder, table) for table in TABLES}
    return {table: ordered([{**row, "_url": None} for row in rows]) for table, rows in found.items()}


def test_workers_fill_tables_in_s3_and_one_alone_goes_on(tmp_path: Path, postgres: Database, s3: Bucket) -> None:
    services, folder = Services(postgres, s3, s3.server), tmp_path / "shop"
    with running_site(tmp_path, pages=30, blobs=0, hosts=6, latency=0.03) as site:
        config = services.write_job(
            folder,
            site,
            lines=False,
            export=True,
            store={"records": [f"jsonl:s3://{s3.name}/tables/shop"]},
            frontier={"url": postgres.dsn, "lease": "2s"},
            politeness={"delay": "30ms", "per_host": 2},
            fetch={"parse_workers": 0},
            rules=WITHOUT_FILES,
        )
        with herd(config, "w1", "w2") as workers:
            workers.until(lambda: lines(site.log_file) > 60)
            workers.kill(["w1"])
            workers.restart("w1")
            assert {"w1": 0, "w2": 0} == codes(workers.ended())
        expected = wanted(site)
        assert expected == tables_of(services, folder)
        s3.client.delete_object(Bucket=s3.name, Key="tables/shop/page.jsonl")
        assert 0 == run("run", config, "--quiet").code
        assert expected == tables_of(services, folder)
