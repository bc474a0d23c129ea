"""The job "music" on the replica: its time beside the ideal, and its CPU beside a bare loop.

1. latency: every answer comes 0.2 s late. 300 artists with all their tracks, 16 requests open at each host, 256 in
   all. The ideal is what these limits allow: the busiest host with 16 answers each 0.2 s, or the longest chain of
   requests of which each needs the answer before it, whichever takes longer.
2. CPU: nothing is late. The job and the bare loop in turns, on the same core, ask for the same answers; the job once
   into Parquet and once into JSONL. The job "crypto" and its bare loop take turns with them.

What counts of a crawl is the time from the opening of its state to the finished tables, in all its threads. The
replica has the other core. Exits with 1 when answers or records are not the same, never because of speed.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from beside import verdict
from beside_replica import (
    Answer,
    Crawled,
    Loaded,
    asked,
    control,
    crawl_only,
    load,
    replica_apart,
    same,
    sent,
    write_targets,
)
from crawl import WrongResultError

CONFIGS = Path(__file__).resolve().parent.parent / "config"
ARTISTS = CONFIGS / "music-demo.csv"
API, TOKENS, SHOP, COINS = "api.soundcloud.com", "secure.soundcloud.com", "www.beatport.com", "api.coinmarketcap.com"
HOSTS = (
    API,
    TOKENS,
    SHOP,
    "i1.sndcdn.com",
    "a1.sndcdn.com",
    "wave.sndcdn.com",
    "cf-media.sndcdn.com",
    "geo-media.beatport.com",
)
LATE = 0.2
"""Seconds by which every answer is late."""
PER_HOST = 16
"""Requests open at each host, as the demo has it."""
CONCURRENCY = 256
AT_ONCE = 64
"""Requests open in all where nothing is late."""
COINS_AT_ONCE = 4
GOAL_TIME = 1.1
GOAL_CPU = 4.0


# The runs


class Music:
    """The job for some of the artists, on one replica."""

    def __init__(self, port: int, folder: Path, artists: int) -> None:
        self._port = port
        self._folder = folder
        self._artists = folder / "artists.csv"
        rows = ARTISTS.read_text(encoding="utf-8").splitlines(keepends=True)
        self._artists.write_text("".join(rows[: artists + 1]), encoding="utf-8")

    def crawl(self, store: str, concurrency: int) -> Crawled:
        """The job, from nothing."""
        origins = ", ".join(f'"https://{host}" = "http://127.0.0.1:{self._port}"' for host in HOSTS)
        settings = {
            "fetch.origins": f"{{{origins}}}",
            "music.artists_file": f'"{self._artists}"',
            "music.max_tracks": '"all"',
            "politeness.concurrency": str(concurrency),
            "store.records": f'["{store}"]',
        }
        return crawled(self._folder / store, "music-demo.toml", settings)


def coins(port: int, folder: Path) -> Crawled:
    """The job "crypto", from nothing."""
    settings = {
        "fetch.origins": f'{{"https://{COINS}" = "http://127.0.0.1:{port}"}}',
        "politeness.per_host": str(COINS_AT_ONCE),
        "store.records": '["parquet"]',
    }
    return crawled(folder / "coins", "demo.toml", settings)


def crawled(folder: Path, config: str, settings: Mapping[str, str]) -> Crawled:
    """A crawl into an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    flags = [flag for key, value in settings.items() for flag in ("--set", f"{key}={value}")]
    return crawl_only(folder, [str(CONFIGS / config), *flags])


def soundcloud_headers(port: int) -> dict[str, dict[str, str]]:
    """What the bare loop shows, as the job does."""
    form = "grant_type=client_credentials&client_id=replica-app&client_secret=replica-secret"
    of_form = {"Content-Type": "application/x-www-form-urlencoded"}
    token = sent(port, TOKENS, "POST", "/oauth/token", form, of_form)["access_token"]
    return {API: {"Authorization": f"OAuth {token}"}}


def without_tokens(answers: Sequence[Answer]) -> list[Answer]:
    """The answers that are asked for by GET."""
    return [answer for answer in answers if answer.host != TOKENS]


# Latency


class Ideal(NamedTuple):
    """The least seconds that the limits allow."""

    busiest: str
    by_host: float
    by_chain: float

    @property
    def seconds(self) -> float:
        """The bound that is reached last."""
        return max(self.by_host, self.by_chain)


def ideal(answers: Sequence[Answer]) -> Ideal:
    """The ideal for these requests.

    The longest chain is a token, a search, a profile, all pages of an artist's tracks, and all pages of a track's
    comments, or else what the shop needs: its robots.txt, a search, a track's page, and another robots.txt and a
    picture.
    """
    busiest, requests = Counter(answer.host for answer in answers).most_common(1)[0]
    paths = Counter(answer.target.partition("?")[0] for answer in answers if answer.host == API)
    tracks = max((count for path, count in paths.items() if path.endswith("/tracks")), default=0)
    comments = max((count for path, count in paths.items() if path.endswith("/comments")), default=0)
    shop = 5 if any(answer.host == SHOP for answer in answers) else 0
    return Ideal(busiest, requests * LATE / PER_HOST, (3 + tracks + max(comments, shop)) * LATE)


def latency(port: int, replica: int, music: Music) -> None:
    """Print what the latency costs, and where the time goes."""
    music.crawl("parquet", CONCURRENCY)
    asked(port)
    control(port, "POST", "/behaviour", {"faults": [{"kind": "slow", "delay": LATE}]})
    before = cpu_of(replica)
    ours = music.crawl("parquet", CONCURRENCY)
    busy = cpu_of(replica) - before
    answers = asked(port)
    least = ideal(answers)
    ratio = ours.seconds / least.seconds
    print(f"\n{len(answers):,} requests, each answer {LATE} s late, {PER_HOST} open a host, {CONCURRENCY} in all\n")
    print("| host | requests | ideal s |\n|---|---:|---:|")
    for host, count in Counter(answer.host for answer in answers).most_common():
        print(f"| {host} | {count:,} | {count * LATE / PER_HOST:.1f} |")
    print("\n| | s |\n|---|---:|")
    print(f"| the crawl, to the finished tables of {sum(ours.records.values()):,} records | {ours.seconds:.2f} |")
    print(f"| the ideal, by {least.busiest} | {least.by_host:.2f} |")
    print(f"| the ideal, by the longest chain | {least.by_chain:.2f} |")
    print(f"| CPU of the crawl | {ours.cpu:.2f} |\n| CPU of the replica | {busy:.2f} |\n")
    print(f"{ratio:.2f} × the ideal time (goal: at most {GOAL_TIME}): {verdict(ratio <= GOAL_TIME)}", flush=True)
    for name, cpu in (("crawl", ours.cpu), ("replica", busy)):
        if cpu > 0.8 * ours.seconds:
            print(f"The core of the {name} was busy for {cpu / ours.seconds:.0%} of that: it may be the limit.")


def only_child() -> int:
    """The process of the replica, while nothing else runs."""
    return int(Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii"))


def cpu_of(process: int) -> float:
    """The CPU seconds of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# CPU


def cpu(port: int, folder: Path, music: Music, count: int) -> None:
    """Print the CPU of both jobs beside that of their bare loops."""
    songs, markets = folder / "songs.json", folder / "markets.json"
    music.crawl("parquet", AT_ONCE)
    answers = without_tokens(asked(port))
    write_targets(songs, answers, soundcloud_headers(port))
    coins(port, folder)
    quotes = [answer for answer in asked(port) if answer.host == COINS]
    write_targets(markets, quotes, {})
    took: dict[str, list[Crawled | Loaded]] = {}
    for _ in range(count):
        for name, run, expected in (
            ("music into Parquet", lambda: music.crawl("parquet", AT_ONCE), answers),
            ("music into JSONL", lambda: music.crawl("jsonl", AT_ONCE), answers),
            ("its bare loop", lambda: load(port, AT_ONCE, songs), answers),
            ("crypto into Parquet", lambda: coins(port, folder), quotes),
            ("its bare loop ", lambda: load(port, COINS_AT_ONCE, markets), quotes),
        ):
            took.setdefault(name, []).append(run())
            same(expected, without_tokens(asked(port)), name)
    tell_cpu(took, len(answers))


def tell_cpu(took: Mapping[str, Sequence[Crawled | Loaded]], requests: int) -> None:
    """The medians, and what was to be reached."""
    medians = {name: median(each.cpu for each in some) for name, some in took.items()}
    print("\n| | CPU s | rounds |\n|---|---:|---|")
    for name, some in took.items():
        print(f"| {name} | {medians[name]:.2f} | {', '.join(f'{each.cpu:.2f}' for each in some)} |")
    parquet, jsonl, bare, crypto, bare_crypto = medians.values()
    print(
        f"\n{parquet / requests * 1000:.2f} ms for each of {requests:,} requests, {bare / requests * 1000:.2f} bare"
    )
    theirs = crypto / bare_crypto
    for name, mine in (("Parquet", parquet / bare), ("JSONL", jsonl / bare)):
        reached = mine <= GOAL_CPU and mine <= theirs
        print(
            f"{mine:.2f} × the CPU of the bare loop, into {name} "
            f"(goal: at most {GOAL_CPU:.0f}, and the {theirs:.2f} of crypto): {verdict(reached)}"
        )


def main() -> int:
    """Run what the command line asks for."""
    options = arguments()
    try:
        with replica_apart() as (port, folder):
            if "latency" in options.only:
                latency(port, only_child(), Music(port, folder, options.artists))
                control(port, "POST", "/reset")
            if "cpu" in options.only:
                cpu(port, folder, Music(port, folder, min(options.artists, options.cpu_artists)), options.runs)
    except WrongResultError as error:
        print(f"WRONG: {error}", file=sys.stderr)
        return 1
    return 0


def arguments() -> argparse.Namespace:
    """What the command line says."""
    known = sum(1 for _ in csv.reader(ARTISTS.open(encoding="utf-8"))) - 1
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=("latency", "cpu"), default=("latency", "cpu"))
    parser.add_argument("--artists", type=int, default=known, help="how many (default: all %(default)s)")
    parser.add_argument("--cpu-artists", type=int, default=100, help="how many for CPU (default: %(default)s)")
    parser.add_argument(
        "--runs", type=int, default=3, help="rounds for CPU; the medians count (default: %(default)s)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
