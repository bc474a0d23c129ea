"""The job "network" as a run of the program against the replica."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asyncscrape.parsers.soundcloud.network_tables import NETWORK_TABLES
from asyncscrape.replica.soundcloud.tokens import CLIENT_ID, CLIENT_SECRET
from support.command import Ended, environment
from support.crypto_jobs import Replica, Row
from support.forked import Forked
from support.graph_config import toml_lines
from support.job_frontier import state_section

HOSTS = ("api.soundcloud.com", "secure.soundcloud.com", "api-v2.soundcloud.com", "soundcloud.com")
KEYS = {table.name: table.key for table in NETWORK_TABLES}
COLUMNS = {table.name: [column.name for column in table.columns] for table in NETWORK_TABLES}


@dataclass(frozen=True)
class NetworkJob:
    """A config in a folder, with the results of its runs."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "network.toml"

    @property
    def directory(self) -> Path:
        return self.folder / "network"

    def run(self, *arguments: str, command: str = "run", **environ: str | None) -> Ended:
        """Run a command of the program to its end."""
        return Ended(self.start(*arguments, command=command, **environ))

    def start(self, *arguments: str, command: str = "run", **environ: str | None) -> Forked:
        """Start a command of the program."""
        hurried = str(Path(__file__).with_name("hurried.py"))
        told = {"TEST_TODAY": "2026-11-21", "TEST_KIND": "network", "NO_COLOR": "1", "COLUMNS": "150"}
        return Forked([hurried, command, str(self.config), *arguments], environment(**{**told, **environ}))

    def rows(self, table: str) -> list[Row]:
        """A finished table in the order of its key, without `_url` and `_fetched_at`."""
        with (self.directory / f"{table}.jsonl").open(encoding="utf-8") as stored:
            found = [json.loads(line) for line in stored]
        rows = [{name: row.get(name) for name in COLUMNS[table]} for row in found]
        return sorted(rows, key=lambda row: tuple(row[name] for name in KEYS[table]))


def write_job(folder: Path, replica: Replica, **sections: Mapping[str, Any]) -> NetworkJob:
    """Write the config of a job that asks the replica without delays."""
    folder.mkdir(exist_ok=True)
    to = f"http://127.0.0.1:{replica.port}"
    quick = {host: {"delay": "0s", "per_host": 16, "rate": "100000/s"} for host in HOSTS}
    quick["api.soundcloud.com"]["robots"] = False
    network = {"soundcloud": "web", **sections.pop("network", {})}
    if network["soundcloud"] == "official":
        network = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **network}
    settings: dict[str, Any] = {
        "network": network,
        "politeness": {"delay": "0s", "hosts": quick, **sections.pop("politeness", {})},
        "fetch": {"origins": {f"https://{host}": to for host in HOSTS}, "retries": 1, **sections.pop("fetch", {})},
        "store": {"records": ["jsonl"], **sections.pop("store", {})},
        **sections,
    }
    head = f'name = "network"\nkind = "network"\ndata = {json.dumps(str(folder))}\n'
    tables = "".join(f"[{name}]\n{toml_lines(values)}" for name, values in settings.items())
    job = NetworkJob(folder)
    job.config.write_text(head + tables + state_section(folder), encoding="utf-8")
    return job
