"""Figures about predictions: `python benchmarks/prediction.py [PART …]`, or all parts.

replica   the job on the built-in copy of the sites, whose plays follow a rule: what is found beside what can be
straight  numbers planted into the same tracks by a straight rule, five times
curved    the same by a rule with a best range, a step, and columns that count together; also in 10,000 made tracks
cost      processor time for 10,000 tracks

The ceiling is the R² of somebody who knows the rule; what it leaves is chance. Goals: within 0.05 of it, no R² beyond
0.02 on shuffled numbers, 87 to 93 % in their interval, and more than the plain linear model where the rule is curved.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.planted_samples import BLOCKS, POWER, planted  # noqa: E402

from asyncscrape.analysis.finished_tables import read_table  # noqa: E402
from asyncscrape.analysis.models.build import outcomes  # noqa: E402
from asyncscrape.analysis.models.figure_names import COVERAGE, GAIN, R2, R2_FORWARD, R2_SHUFFLED  # noqa: E402
from asyncscrape.analysis.models.samples import Samples, Vector  # noqa: E402
from asyncscrape.analysis.models.study import Conclusion, Question, concluded, experiments  # noqa: E402
from asyncscrape.enrichments import Inputs  # noqa: E402
from asyncscrape.jobs.music.enrichment.predictions.model_samples import PredictionTarget, study_of  # noqa: E402
from asyncscrape.jobs.music.enrichment.predictions.track_facts import track_facts  # noqa: E402
from asyncscrape.jobs.music.job import TRACKS_OF_BOTH  # noqa: E402
from asyncscrape.model import Table  # noqa: E402

SEEDS = range(71, 76)
A_FOLLOWER = 0.6
"""Plays of the replica for each follower, times chance."""
SETTINGS = {
    "music.images": "false",
    "music.comments": "30",
    "music.max_tracks": '"all"',
    "store.records": '["parquet"]',
}


def stored_question() -> Question:
    """The job is run and its comments are read; then the question about the plays of its tracks."""
    with tempfile.TemporaryDirectory() as folder:
        flags = [flag for name, value in SETTINGS.items() for flag in ("--set", f"{name}={value}")]
        for command, *more in (["run"], ["enrich", "comments"]):
            line = [sys.executable, "-m", "asyncscrape", command, "config/music-demo.toml", *more, "--data", folder]
            subprocess.run([*line, *flags], cwd=ROOT, check=True, capture_output=True)
        job = Path(folder, "music-demo")

        def path(table: Table) -> Path:
            return job / f"{table.name}.parquet"

        inputs = Inputs(lambda table: read_table(path(table), table), lambda table: path(table).exists(), _bring, job)
        question = study_of(PredictionTarget.POPULARITY, track_facts(inputs, TRACKS_OF_BOTH).rows).question
    assert question is not None
    return question


async def _bring(path: str, into: Path) -> None:
    raise AssertionError(f"{path}: no file is asked for")


def studied(question: Question) -> Conclusion:
    """The study."""

    async def tested() -> Conclusion:
        return concluded(question, [one async for one in outcomes(experiments(question))])

    return asyncio.run(tested())


def told(found: Conclusion, question: Question, ceiling: float, rule: str) -> None:
    """Print the figures beside the goals."""
    of = {(one.measure, one.blocks, one.name): one for one in found.figures}
    best = of[R2, question.chosen, "trees"]
    straight, ridge = (of[R2, question.chosen, name].value for name in ("linear", "ridge"))
    gain = of[GAIN, question.chosen, "trees"]
    dealt = [one.value for one in found.figures if one.measure == R2_SHUFFLED and one.name != "linear"]
    later = [one.value for one in found.figures if one.measure == R2_FORWARD and one.name == "trees"]
    print(
        f"{rule}: ceiling {ceiling:.3f}, trees {best.value:.3f} ({best.low:.3f} to {best.high:.3f}), "
        f"gap {ceiling - best.value:+.3f}; ridge {ridge:.3f}, linear {straight:.3f}\n"
        f"  trees over linear {gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f}); "
        f"coverage {of[COVERAGE, question.chosen, 'trees'].value:.1%}; "
        f"shuffled {min(dealt):+.4f} to {max(dealt):+.4f}; later tracks {', '.join(f'{one:.3f}' for one in later)}",
        flush=True,
    )


def replica(question: Question) -> None:
    """The replica's own rule."""
    samples = question.samples
    chance = samples.target - np.log(A_FOLLOWER) - _column(samples, "followers")
    known = np.isfinite(chance)
    ceiling = 1 - chance[known].var() / samples.target[known].var()
    told(studied(question), question, float(ceiling), f"replica, {len(samples.target)} tracks")


def straight(question: Question) -> None:
    """A straight rule."""
    _planted(question, "straight", _straight)


def curved(question: Question) -> None:
    """A rule that no straight line follows."""
    _planted(question, "curved", _curved)
    made = planted(1_000, 10, SEEDS[0], curved=True)
    sets = {question.chosen: frozenset(BLOCKS)}
    told(studied(Question(made.samples, sets, question.chosen)), question, made.ceiling, "curved, 10,000 made tracks")


def _planted(question: Question, name: str, rule: Callable[[Samples], Vector]) -> None:
    for seed in SEEDS:
        planted, ceiling = _with_rule(question.samples, rule, seed)
        told(studied(question._replace(samples=planted)), question, ceiling, f"{name} {seed}")


def _with_rule(samples: Samples, rule: Callable[[Samples], Vector], seed: int) -> tuple[Samples, float]:
    random = np.random.default_rng(seed)
    assert samples.log_ages is not None
    _, places = np.unique(samples.groups, return_inverse=True)
    by_group = 0.3 * random.normal(size=places.max() + 1)[places]
    chance = by_group + 0.8 * random.normal(size=len(places))
    known = rule(samples)
    ceiling = 1 - chance.var() / (known + chance).var()
    return samples._replace(target=5 + known + chance + POWER * samples.log_ages), float(ceiling)


def _straight(samples: Samples) -> Vector:
    followers, length, tags = (_scaled(samples, name) for name in ("followers", "length", "tags"))
    return 0.6 * followers + 0.5 * length - 0.3 * tags


def _curved(samples: Samples) -> Vector:
    followers, length, bpm = (_scaled(samples, name) for name in ("followers", "length", "bpm"))
    remix = _column(samples, "is_remix") > 0
    best = 1.1 * np.exp(-np.square(length / 0.6))
    return np.asarray(best + 0.7 * (followers > 0.4) + 0.6 * followers * remix + 0.5 * (np.abs(bpm) < 0.5))


def _column(samples: Samples, name: str) -> Vector:
    return samples.values[:, [column.name for column in samples.columns].index(name)]


def _scaled(samples: Samples, name: str) -> Vector:
    values = _column(samples, name)
    scaled = (values - np.nanmean(values)) / np.nanstd(values)
    return np.where(np.isfinite(scaled), scaled, 0.0)


def cost(question: Question) -> None:
    """Processor time: rows drawn again, as of other groups."""
    samples = question.samples
    times = -(-10_000 // len(samples.target))
    drawn = np.tile(np.arange(len(samples.target)), times)[:10_000]
    turn = np.arange(10_000) // len(samples.target) * (int(samples.groups.max()) + 1)
    ages = None if samples.log_ages is None else samples.log_ages[drawn]
    more = samples._replace(
        target=samples.target[drawn],
        log_ages=ages,
        times=samples.times[drawn],
        groups=samples.groups[drawn] + turn,
        values=samples.values[drawn],
    )
    began, clock = time.process_time(), time.monotonic()
    studied(question._replace(samples=more))
    spent, took = time.process_time() - began, time.monotonic() - clock
    print(f"10,000 tracks, {len(samples.columns)} columns: {spent:.0f} s of processor time, {took:.0f} s", flush=True)


PARTS = {"replica": replica, "straight": straight, "curved": curved, "cost": cost}

if __name__ == "__main__":
    asked = stored_question()
    for part in sys.argv[1:] or PARTS:
        PARTS[part](asked)
