"""The job "music" as a run of the program against the replica."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from asyncscrape.parsers.soundcloud.music_tables import TABLES
from asyncscrape.replica.soundcloud.tokens import CLIENT_ID, CLIENT_SECRET
from support.command import Ended, environment
from support.crypto_jobs import CARRIED, Replica, Row
from support.forked import Forked
from support.graph_config import toml_lines
from support.job_frontier import state_section

HOSTS = (
    "api.soundcloud.com",
    "secure.soundcloud.com",
    "api-v2.soundcloud.com",
    "soundcloud.com",
    "i1.sndcdn.com",
    "wave.sndcdn.com",
    "cf-media.sndcdn.com",
    "api.beatport.com",
    "www.beatport.com",
    "geo-media.beatport.com",
    "geo-samples.beatport.com",
)
KEYS = {table.name: table.key for table in TABLES}


@dataclass(frozen=True)
class MusicJob:
    """A config in a folder, with the results of its runs."""

    folder: Path
    today: date

    @property
    def config(self) -> Path:
        return self.folder / "music.toml"

    @property
    def directory(self) -> Path:
        return self.folder / "music"

    def run(self, *arguments: str, command: str = "run", **environ: str | None) -> Ended:
        """Run a command of the program to its end."""
        return Ended(self.start(*arguments, command=command, **environ))

    def start(self, *arguments: str, command: str = "run", **environ: str | None) -> Forked:
        """Start a command of the program, which waits only briefly where it would give the real site a minute."""
        hurried = str(Path(__file__).with_name("hurried.py"))
        told = {"TEST_TODAY": self.today.isoformat(), "TEST_KIND": "music", "NO_COLOR": "1", "COLUMNS": "150"}
        return Forked([hurried, command, str(self.config), *arguments], environment(**{**told, **environ}))

    def rows(self, table: str) -> list[Row]:
        """A finished table in the order of its key, without `_url` and `_fetched_at`."""
        with (self.directory / f"{table}.jsonl").open(encoding="utf-8") as stored:
            found = [json.loads(line) for line in stored]
        rows = [{name: row[name] for name in row if name not in CARRIED} for row in found]
        return sorted(rows, key=lambda row: tuple(row[name] for name in KEYS[table]))

    @property
    def blobs(self) -> dict[str, bytes]:
        """The downloaded files by path."""
        root = self.directory / "blobs"
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def write_job(folder: Path, replica: Replica, today: date, **sections: Mapping[str, Any]) -> MusicJob:
    """Write the config of a job that asks the replica without delays."""
    folder.mkdir(exist_ok=True)
    to = f"http://127.0.0.1:{replica.port}"
    quick = {host: {"delay": "0s", "per_host": 8, "rate": "100000/s"} for host in HOSTS}
    quick["api.soundcloud.com"]["robots"] = quick["api.beatport.com"]["robots"] = False
    credentials = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "beatport": "off"}
    settings: dict[str, Any] = {
        "music": {**credentials, **sections.pop("music", {})},
        "politeness": {"delay": "0s", "per_host": 8, "hosts": quick, **sections.pop("politeness", {})},
        "fetch": {"origins": {f"https://{host}": to for host in HOSTS}, **sections.pop("fetch", {})},
        "store": {"records": ["jsonl"], **sections.pop("store", {})},
        **sections,
    }
    head = f'name = "music"\nkind = "music"\ndata = {json.dumps(str(folder))}\n'
    tables = "".join(f"[{name}]\n{toml_lines(values)}" for name, values in settings.items())
    job = MusicJob(folder, today)
    job.config.write_text(head + tables + state_section(folder), encoding="utf-8")
    return job
