"""The report of the job "network": its speed, and its map beside the planted communities of the replica's crowd.

1. matrices: 9,000 accounts, 120,000 columns, 3 million interactions, in a process of its own: seconds and memory.
2. report: the command `report` on such a walk, made from the truth of a crowd of 160,000 people, in a process of its
   own: seconds in all and by step, and its peak of memory. A second run must make the same files, byte for byte.
3. map: a crowd with planted communities. Two ways to find communities and two embeddings side by side, with k-means
   on the raw rows: adjusted Rand index, the share of the 15 nearest on the picture that are of the same community,
   CPU seconds. openTSNE and scikit-learn take part where they are installed; the report itself needs neither.

`--crowd seed=7 accounts=4000` draws another crowd; `--unseen` takes the one on which nobody tunes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from beside import verdict
from crawl import BENCH, LOUD, WrongResultError, machine
from network_tables import finished_walk
from threadpoolctl import threadpool_limits

from asyncscrape.analysis.report_files import write
from asyncscrape.config.loading import load
from asyncscrape.jobs.network.config import Weights
from asyncscrape.jobs.network.report.cartography import SEED, account_map
from asyncscrape.jobs.network.report.communities import communities
from asyncscrape.jobs.network.report.embedding import places
from asyncscrape.jobs.network.report.map_tables import map_tables
from asyncscrape.jobs.network.report.matrices import Matrices, matrices, matrix_files
from asyncscrape.jobs.network.report.nearest import nearest
from asyncscrape.jobs.network.report.stored_network import StoredNetwork, stored_network
from asyncscrape.jobs.network.report.tastes import listeners, tastes
from asyncscrape.jobs.registry import Registry
from asyncscrape.replica.crowd import truth
from asyncscrape.replica.crowd.nouns import Crowd, crowd_of

ACCOUNTS, COLUMNS, INTERACTIONS = 9_000, 120_000, 3_000_000
LATEST = 500
SECTIONS = ("matrices", "report", "map")
MANY = Crowd(accounts=160_000, smallest=650, largest=40_000, activity=260)
"""People of whom 9,000 have done about as much as the original's."""
GOAL_SECONDS, GOAL_MEMORY = 90.0, 2_000
CONFIG = 'name = "walk"\nkind = "network"\ndata = {}\n[network]\naccounts = ["somebody"]\nsoundcloud = "web"\n'
STEPS = str(Path(__file__).with_name("report_steps.py"))


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    options.add_argument("--crowd", nargs="*", default=[])
    options.add_argument("--unseen", action="store_true")
    options.add_argument("--in-this-process", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.in_this_process:
        measure_matrices()
        return 0
    if "matrices" in given.only:
        subprocess.run([sys.executable, __file__, "--in-this-process"], check=True)
    if "report" in given.only:
        BENCH.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BENCH) as folder:
            measure_report(Path(folder))
    if "map" in given.only:
        measure_map(truth.UNSEEN if given.unseen else crowd_of(given.crowd))
    return 0


# Matrices


def measure_matrices() -> None:
    stored = large_network()
    before = peak()
    start, cpu = time.perf_counter(), time.process_time()
    made = matrices(stored, Weights().by_kind)
    built = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), matrix_files(made))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(f"matrices {made.interactions.shape}, {made.interactions.nnz:,} entries: built in {built:.1f} s,")
    print(f"  with files {seconds:.1f} s ({cpu:.1f} s CPU), peak {peak():.0f} MB, {before:.0f} MB of it tables")


def large_network() -> StoredNetwork:
    """Random interactions, as skew as those of people."""
    chance = np.random.default_rng(1)
    pairs = np.unique(
        np.stack(
            [
                chance.integers(0, ACCOUNTS, INTERACTIONS * 2),
                np.minimum(chance.pareto(0.6, INTERACTIONS * 2) * 300, COLUMNS - 1).astype(np.int64),
                chance.integers(0, 4, INTERACTIONS * 2),
            ]
        ),
        axis=1,
    )
    who, target, kind = pairs[:, chance.permutation(pairs.shape[1])[:INTERACTIONS]]
    target[:COLUMNS] = np.arange(COLUMNS)
    frame = pl.DataFrame({"account_id": who, "target_id": target, "n": chance.integers(1, 9, len(who))})
    kinds = pl.Series("kind", np.array(["likes", "comments", "reposts", "follows"])[kind])
    names = pl.concat_str(pl.lit("u"), "target_id").alias("target_permalink")
    tables = {
        "accounts": pl.DataFrame({"id": np.arange(ACCOUNTS), "position": np.arange(ACCOUNTS)}),
        "interactions": frame.with_columns(kinds, names),
    }
    return stored_network(tables.__getitem__)


def peak() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# The command


def measure_report(folder: Path) -> None:
    """Print what the command takes on a finished walk."""
    if (noise := os.getloadavg()[0]) > LOUD:
        print(f"The machine is not quiet (load {noise:.1f}): take these figures with care.")
    print(machine())
    config = folder / "walk.toml"
    config.write_text(CONFIG.format(json.dumps(str(folder))), encoding="utf-8")
    begun = time.perf_counter()
    made = finished_walk(load(config, jobs=Registry(), asks=False), MANY, ACCOUNTS)
    took = time.perf_counter() - begun
    print(
        f"{made.accounts:,} accounts, {made.met:,} met, {made.interactions:,} rows: made in {took:.0f} s", flush=True
    )
    seconds, cpu, memory = told(["-m", "asyncscrape", "report", str(config)])
    files = contents(folder / "walk" / "report")
    told([STEPS, str(folder / "steps"), "report", str(config)])
    if different := {name for name, found in contents(folder / "walk" / "report").items() if found != files[name]}:
        raise WrongResultError(f"two reports of the same tables differ: {different}")
    print(f"report: {seconds:.1f} s (goal {GOAL_SECONDS:.0f}): {verdict(seconds <= GOAL_SECONDS)}; {cpu:.1f} s CPU")
    print(f"  peak {memory:.0f} MB (goal {GOAL_MEMORY}): {verdict(memory <= GOAL_MEMORY)}")
    for step, took in json.loads((folder / "steps").read_bytes()).items():
        print(f"  {step}: {took:.1f} s")


def told(arguments: list[str]) -> tuple[float, float, float]:
    """The seconds of a process, those of its CPU, and the most memory it had, in MB."""
    begun = time.perf_counter()
    process = os.posix_spawn(sys.executable, [sys.executable, *arguments], os.environ, file_actions=SILENT)
    _, status, used = os.wait4(process, 0)
    if status:
        raise WrongResultError(f"{arguments} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


SILENT = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# The map


def measure_map(crowd: Crowd) -> None:
    made, planted = drawn_crowd(crowd)
    seconds, cpu = time.perf_counter(), time.process_time()
    drawn = account_map(made)
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), map_tables(made, drawn))
    seconds, cpu = time.perf_counter() - seconds, time.process_time() - cpu
    labels = np.array([planted[id] for id in drawn.ids.tolist()])
    print(f"map of {len(labels)} accounts with its tables and graph: {seconds:.1f} s ({cpu:.1f} s CPU)")
    print(f"  {len(drawn.communities)} communities, planted {len(np.unique(labels))}")
    score("the report's communities", rand_index, labels, lambda: drawn.community)
    score("the report's places", purity, labels, lambda: drawn.places)
    with threadpool_limits(1):
        compare(made, labels)


def compare(made: Matrices, labels: Any) -> None:
    given = listeners(made.interactions, made.own_columns()).given
    direction = tastes(given)
    score(
        "communities: nearest tastes, joined, settled",
        rand_index,
        labels,
        lambda: communities(given, direction, SEED),
    )
    score("communities: Louvain on the bipartite matrix", rand_index, labels, lambda: bipartite(given))
    score("communities: k-means on raw rows", rand_index, labels, lambda: k_means(given, labels))
    score("embedding: forces between nearest tastes", purity, labels, lambda: places(direction, SEED))
    score("embedding: t-SNE", purity, labels, lambda: t_sne(direction))


def score(name: str, rule: Callable[[Any, Any], float], labels: Any, make: Callable[[], Any]) -> None:
    cpu = time.process_time()
    try:
        found = make()
    except ImportError as error:
        print(f"  {name}: not measured, {error}")
        return
    print(f"  {name}: {rule(labels, found):.3f}, {time.process_time() - cpu:.1f} s CPU", flush=True)


def drawn_crowd(crowd: Crowd) -> tuple[Matrices, dict[int, int]]:
    """The matrices of a whole crowd, and each account's planted community."""
    people = truth.accounts(crowd)
    accounts = [(one.profile.id, one.profile.permalink, one.profile.username, at) for at, one in enumerate(people)]
    done = [
        (one.profile.id, kind, target, found.n)
        for one in people
        for (kind, target), found in truth.interactions(crowd, one.profile.id, LATEST).items()
    ]
    tables = {
        "accounts": pl.DataFrame(accounts, schema=["id", "permalink", "name", "position"], orient="row"),
        "interactions": pl.DataFrame(done, schema=["account_id", "kind", "target_id", "n"], orient="row"),
    }
    planted = {one.profile.id: one.community for one in people}
    return matrices(stored_network(tables.__getitem__), Weights().by_kind), planted


def bipartite(given: Any) -> Any:
    from sknetwork.clustering import Louvain

    return Louvain(random_state=SEED).fit(given, force_bipartite=True).labels_row_


def k_means(given: Any, labels: Any) -> Any:
    """k-means, which is even told how many communities there are."""
    from sklearn.cluster import KMeans

    return KMeans(len(np.unique(labels)), n_init=3, random_state=SEED).fit(given).labels_


def t_sne(direction: Any) -> Any:
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.initialization import pca
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    near = nearest(direction, 90)
    index = PrecomputedNeighbors(near.who.astype(np.int64), near.distances.astype(np.float64))
    affinities = PerplexityBasedNN(knn_index=index, perplexity=30)
    found = TSNEEmbedding(
        pca(direction, random_state=SEED), affinities, negative_gradient_method="fft", random_state=SEED
    )
    found.optimize(250, exaggeration=12, momentum=0.5, inplace=True)
    found.optimize(500, momentum=0.8, inplace=True)
    return np.asarray(found)


def rand_index(one: Any, other: Any) -> float:
    """The adjusted Rand index: 1 for equal partitions, 0 for what chance gives."""
    table = np.zeros((one.max() + 1, other.max() + 1))
    np.add.at(table, (one, other), 1)
    both, rows, columns = (pairs(counts) for counts in (table, table.sum(axis=1), table.sum(axis=0)))
    expected = rows * columns / pairs(table.sum())
    return float((both - expected) / ((rows + columns) / 2 - expected))


def pairs(counts: Any) -> float:
    return float((counts * (counts - 1) / 2).sum())


def purity(labels: Any, found: Any) -> float:
    """The share of the 15 nearest on the picture that are of the same community."""
    same = []
    for place, label in zip(found, labels, strict=True):
        near = np.argpartition(((found - place) ** 2).sum(axis=1), 15)[:16]
        same.append(np.count_nonzero(labels[near] == label) - 1)
    return float(np.mean(same) / 15)


if __name__ == "__main__":
    sys.exit(main())
