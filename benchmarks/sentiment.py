"""The sentiment of comments: how right, how sure, how fast, beside VADER.

The comments are those of training/sentiment/comments_held.tsv, which nobody looks at while the model is made. `--half
open` takes the half that it was tuned on. VADER takes part if the Python of the peers has it; it knows three classes,
so it is compared on the comments that are not noise, with the thresholds that its authors give (±0.05).
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from crawl import PEERS, machine
from numpy.typing import NDArray
from sentiment_figures import Classes, Floats, calibration_error, coverages, difference, f1, kappa, macro, recall

from asyncscrape.analysis.sentiment.judge import judge
from asyncscrape.analysis.sentiment.judgements import Judgement, Label

HERE = Path(__file__).parent
HALVES = HERE.parent / "training/sentiment"
LABELS = list(map(str, Label))
NOISE = LABELS.index(Label.NOISE)
WORD = re.compile(r"\w+")
SPEED_GOAL = 20_000
TIMES = 60
"""How often the comments are repeated to measure speed."""
THRESHOLDS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class Half:
    """The comments of a half, with what two readers said and then agreed on."""

    languages: list[str]
    readers: tuple[Classes, Classes]
    truth: Classes
    comments: list[str]


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--half", choices=("held", "open"), default="held")
    options.add_argument("--peers", type=Path, default=PEERS, help="a Python that has vaderSentiment")
    chosen = options.parse_args()
    half = read(chosen.half)
    judged = judge(half.comments)
    told = np.array([LABELS.index(one.label) for one in judged])
    print(f"{machine()}\n{len(half.comments)} comments of the half {chosen.half}\n")
    print_ours(half, told, judged)
    print_beside_vader(half, told, vader(chosen.peers, half.comments))
    return 0 if print_speed(half.comments) else 1


def read(name: str) -> Half:
    lines = (HALVES / f"comments_{name}.tsv").read_text(encoding="utf-8").splitlines()[1:]
    _, languages, first, second, label, comments = zip(*(line.split("\t") for line in lines), strict=True)
    one, other, truth = (np.array([LABELS.index(each) for each in column]) for column in (first, second, label))
    return Half(list(languages), (one, other), truth, list(comments))


def print_ours(half: Half, told: Classes, judged: list[Judgement]) -> None:
    truth, telling = half.truth, half.truth != NOISE
    probability, right = np.array([one.probability for one in judged]), told == truth
    print(f"kappa of the two readers                          {kappa(*half.readers, 4):.3f}")
    print(f"macro F1 of the three, over all comments          {f1(truth, told, 4)[:3].mean():.3f}   goal 0.70")
    print(f"macro F1 of the three, over those not noise       {macro(truth[telling], told[telling], 3):.3f}")
    print(f"macro F1 of the four                              {macro(truth, told, 4):.3f}")
    fresh = unlearned(half.comments)
    print(f"part whose words are no example to learn from     {fresh.mean():.3f}")
    print(
        f"macro F1 of the three, of the four, over those    {f1(truth[fresh], told[fresh], 4)[:3].mean():.3f}, ",
        end="",
    )
    print(f"{macro(truth[fresh], told[fresh], 4):.3f}")
    for label, value in zip(LABELS, f1(truth, told, 4), strict=True):
        found = recall(truth, told, LABELS.index(label))
        print(f"{label:9} F1, recall                             {value:.3f}, {found:.3f}")
    print(f"noise F1                                          {f1(truth, told, 4)[NOISE]:.3f}   goal 0.94")
    print(f"accuracy                                          {right.mean():.3f}")
    print(f"expected calibration error                        {calibration_error(right, probability):.3f}")
    sure = np.array([one.sure for one in judged])
    print(f"sure: part of the comments, accuracy there        {sure.mean():.3f}, {right[sure].mean():.3f}")
    print_languages(half, judged)
    print("\nprobability from   coverage   accuracy")
    for threshold, coverage, accuracy in coverages(right, probability, THRESHOLDS):
        print(f"{threshold:16.2f}   {coverage:8.3f}   {accuracy:8.3f}")


def unlearned(comments: list[str]) -> NDArray[np.bool_]:
    """Which comments do not also stand among the examples, whatever their case and signs."""
    tables = (*HALVES.glob("train*.tsv"), *HALVES.glob("words*.tsv"))
    lines = (line for table in tables for line in table.read_text(encoding="utf-8").splitlines())
    learned = {bare(line.split("\t")[2]) for line in lines}
    return np.array([bare(comment) not in learned for comment in comments])


def bare(comment: str) -> str:
    return " ".join(WORD.findall(comment.casefold())) or comment


def print_languages(half: Half, judged: list[Judgement]) -> None:
    pairs = [(known, one.language) for known, one in zip(half.languages, judged, strict=True) if known != "xx"]
    named = [pair for pair in pairs if pair[1] != "und"]
    right = sum(known == guess for known, guess in pairs)
    print(f"language: right of all, named, right of named     {right / len(pairs):.3f}, ", end="")
    print(f"{len(named) / len(pairs):.3f}, {right / len(named):.3f}")


def vader(peers: Path, comments: list[str]) -> Classes | None:
    """What VADER says, by its authors' thresholds; none where it is not installed."""
    lines = "".join(f"{comment}\n" for comment in comments)
    try:
        ended = subprocess.run(
            [peers, HERE / "vader.py"], input=lines.encode(), stdout=subprocess.PIPE, check=True, timeout=300
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    scores: Floats = np.array(ended.stdout.split(), dtype=np.float64)
    positive, neutral, negative = map(LABELS.index, LABELS[:NOISE])
    return np.where(scores >= 0.05, positive, np.where(scores <= -0.05, negative, neutral))


def print_beside_vader(half: Half, told: Classes, theirs: Classes | None) -> None:
    """Both on the comments that are not noise; where ours says noise, it is wrong."""
    if theirs is None:
        print("\nVADER is not installed for the peers: make bench")
        return
    telling = half.truth != NOISE
    truth, ours, peer = half.truth[telling], told[telling], theirs[telling]
    whole, low, high = difference(truth, ours, peer, 3)
    print("\nover comments that are not noise             asyncscrape    VADER")
    both = [macro(truth, one, 3) for one in (ours, peer)]
    print(f"macro F1 of the three                              {both[0]:.3f}    {both[1]:.3f}")
    for label, one, other in zip(LABELS[:NOISE], f1(truth, ours, 3), f1(truth, peer, 3), strict=True):
        print(f"{label:9} F1                                       {one:.3f}    {other:.3f}")
    print(f"noise that is called neutral by VADER         {(theirs[~telling] == LABELS.index('neutral')).mean():.3f}")
    print(f"difference of the macro F1, 95 % interval     {whole:.3f}, {low:.3f} to {high:.3f}   goal 0.25, above 0")
    english = np.array([language == "en" for language in half.languages])[telling]
    whole, low, high = difference(truth[english], ours[english], peer[english], 3)
    print(f"the same over English alone                   {whole:.3f}, {low:.3f} to {high:.3f}")


def print_speed(comments: list[str]) -> bool:
    """Comments a CPU second on one core, the best of five."""
    many = comments * TIMES
    judge(comments)
    spent = []
    for _ in range(5):
        start = time.thread_time()
        judge(many)
        spent.append(time.thread_time() - start)
    speed = len(many) / min(spent)
    print(f"\ncomments a CPU second, {sum(map(len, many)) / len(many):.0f} characters each: {speed:,.0f}   ", end="")
    print(f"goal {SPEED_GOAL:,}: {'reached' if speed >= SPEED_GOAL else 'NOT reached'}")
    return speed >= SPEED_GOAL


if __name__ == "__main__":
    sys.exit(main())
