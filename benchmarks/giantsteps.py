"""Measures tempo and key on the GiantSteps sets of electronic dance music, for people who have them.

    python benchmarks/giantsteps.py DIR

DIR holds one of the sets, or both, as their authors hand them out: anywhere below it files *.mp3, and for each of
them a file of the same name that ends in .bpm (a number) or in .key (such as "Eb minor"): beside it, or in a folder
of annotations. Of two annotations for one file, that in a folder with "v2" in its name, the corrected one, is taken.

    DIR/giantsteps-tempo-dataset/audio/1030011.LOFI.mp3
    DIR/giantsteps-tempo-dataset/annotations_v2/tempo/1030011.LOFI.bpm
    DIR/giantsteps-key-dataset/audio/10089.LOFI.mp3
    DIR/giantsteps-key-dataset/annotations/key/10089.LOFI.key

The exit code is 2 if nothing there can be compared.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from audio_goals import Goal, mirex, tempo_goals

from asyncscrape.analysis.audio.build import measure_files
from asyncscrape.analysis.audio.measured import Features
from asyncscrape.musical_keys import key_of

AUDIO = (".mp3", ".ogg", ".flac", ".wav")
CORRECTED = "v2"


def annotations(folder: Path, ending: str) -> dict[str, str]:
    """The text of each annotation, by the name of its audio file without its ending."""
    found = sorted(folder.rglob(f"*{ending}"), key=lambda path: (CORRECTED in str(path.parent), path))
    return {path.stem: path.read_text("utf-8", "replace").strip() for path in found}


def tempos_in(texts: Mapping[str, str]) -> dict[str, float]:
    """The true tempos. Pieces without a beat have 0 there, and are left out."""
    numbers = {name: float(text.split()[0]) for name, text in texts.items() if text}
    return {name: bpm for name, bpm in numbers.items() if bpm > 0}


def keys_in(texts: Mapping[str, str]) -> dict[str, str]:
    """The true keys; those that are no single key are left out."""
    known = {name: key_of(text.split("\t")[0]) for name, text in texts.items()}
    return {name: key.name for name, key in known.items() if key}


def goals(folder: Path) -> Iterator[Goal]:
    """What is measured, beside the goals for made pieces."""
    bpm, keys = tempos_in(annotations(folder, ".bpm")), keys_in(annotations(folder, ".key"))
    known = bpm.keys() | keys.keys()
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in AUDIO and path.stem in known]
    tempos, weights = [], []
    for path, found in measure_files(paths):
        features = found if isinstance(found, Features) else None
        if not isinstance(found, Features):
            print(f"{path}: {found.why}", file=sys.stderr)
        if path.stem in bpm:
            tempos.append((features and features.tempo, bpm[path.stem]))
        if path.stem in keys:
            weights.append(mirex(features and features.key, keys[path.stem]))
    print(f"{len(tempos)} tempos and {len(weights)} keys; a file that cannot be measured counts as wrong")
    if tempos:
        yield from tempo_goals(tempos)
    if weights:
        yield Goal("key, weighted as by MIREX", float(np.mean(weights)), 0.85)
        yield Goal("key exactly right", float(np.mean([weight == 1 for weight in weights])), 0.75)


def main() -> int:
    """Print each figure."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        print("usage: python benchmarks/giantsteps.py DIR", file=sys.stderr)
        return 2
    found = [*goals(Path(sys.argv[1]))]
    print(*found, sep="\n")
    return 0 if found else 2


if __name__ == "__main__":
    sys.exit(main())
