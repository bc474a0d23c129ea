"""`generate`: loops, melodies, covers, and sounds from pictures of waveforms, written into files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from asyncscrape.analysis.generation.envelopes import resynthesised
from asyncscrape.analysis.generation.loops import loop
from asyncscrape.analysis.generation.melodies import melody
from asyncscrape.analysis.generation.midi_file import midi
from asyncscrape.analysis.generation.mood_choices import checked
from asyncscrape.analysis.generation.scales import Key, key_named, note_named, scale_named
from asyncscrape.analysis.generation.score import Score
from asyncscrape.analysis.generation.synthesiser import played
from asyncscrape.analysis.generation.wav_file import wav
from asyncscrape.analysis.generation.waveform_reading import heights_of
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.commands.needed_extras import require_for_command
from asyncscrape.disk import FULL, whole_file
from asyncscrape.errors import UsageError
from asyncscrape.quality.shown_values import counted
from asyncscrape.views.echo import echo

PICTURES = "report"
"""The extra with the libraries that draw."""
MOST_BARS = 64
SLOWEST, FASTEST = 40, 250
"""Beats a minute."""
HIGHEST_SEED = 2**32 - 1
SHORTEST, LONGEST = 1, 600
"""Seconds."""
JSON_HEIGHT = 1000
FOREIGN = frozenset({".mp3", ".ogg", ".flac", ".wav", ".mid", ".png", ".jpg", ".jpeg", ".gif", ".json"})
"""Endings that are meant as such, unlike that of "v1.5"."""


def generate_loop(bpm: float, key: str, mood: float, bars: int, seed: int, out: Path) -> None:
    """Write a loop as WAV and MIDI."""
    chosen = key_named(key)
    _check(mood, bars, seed, bpm)
    files = _targets(out, (".wav", ".mid"))
    score = loop(bpm, chosen, mood, bars, seed)
    _write({files[".wav"]: wav(played(score, loops=True)), files[".mid"]: midi(score)})
    _tell(files, score, _spelled(key, chosen))


def generate_melody(key: str, scale: str, mood: float, bars: int, seed: int, bpm: float | None, out: Path) -> None:
    """Write a melody as WAV, MIDI and a picture."""
    chosen = _melody_key(key, scale)
    _check(mood, bars, seed, bpm)
    files = _targets(out, (".wav", ".mid", ".png"))
    require_for_command(PICTURES)
    from asyncscrape.analysis.generation.piano_roll import piano_roll

    score = melody(chosen, mood, bars, seed, bpm)
    title = f"{_spelled(key, chosen)}, mood {mood:+g}, seed {seed}"
    sound = wav(played(score))
    _write({files[".wav"]: sound, files[".mid"]: midi(score), files[".png"]: piano_roll(score, title)})
    _tell(files, score, _spelled(key, chosen))


def generate_cover(mood: float, seed: int, out: Path, like: Chosen | None) -> None:
    """Write a cover as a picture, whose colours follow the artworks of a job if there is one."""
    checked(mood)
    _check_seed(seed)
    files = _targets(out, (".png",))
    require_for_command(PICTURES)
    from asyncscrape.analysis.generation.cover_art import SIDE, cover
    from asyncscrape.commands.artworks_to_follow import colours_to_follow, told

    colours = None if like is None else colours_to_follow(like)
    _write({files[".png"]: cover(mood, seed, leaning=colours.near(mood) if colours else None)})
    echo(f"Wrote {files['.png']}: {SIDE} by {SIDE} pixels.")
    if colours:
        echo(told(colours, mood))


def generate_from_waveform(source: Path, seconds: float, out: Path) -> None:
    """Write the envelope of a waveform as JSON, and a sound that is as loud, as WAV."""
    if not SHORTEST <= seconds <= LONGEST:
        raise UsageError(f"--seconds {seconds:g} is out of range; use a number from {SHORTEST} to {LONGEST}")
    files = _targets(out, (".json", ".wav"))
    for file in files.values():
        if file.exists() and source.exists() and file.samefile(source):
            raise UsageError(f"--out {out} would overwrite {source}; choose another name")
    heights = heights_of(source)
    samples = np.rint(heights * JSON_HEIGHT).astype(int).tolist()
    told = json.dumps({"width": len(samples), "height": JSON_HEIGHT, "samples": samples}) + "\n"
    _write({files[".json"]: told.encode("ascii"), files[".wav"]: wav(resynthesised(heights, seconds))})
    names = ", ".join(map(str, files.values()))
    echo(f"Wrote {names}: {counted(len(samples), 'height')}, {seconds:g} s.")
    echo("This is envelope resynthesis: a waveform tells how loud a track is, not which tones it has.")


def _melody_key(key: str, scale: str) -> Key:
    """The key of a melody, whose options name the note and the scale apart."""
    note, _, more = key.strip().partition(" ")
    if more:
        apart = f"--key {note} --scale {scale_named(more)}"
        raise UsageError(f"--key {key!r} names a scale too, which has an option of its own here: {apart}")
    return Key(note_named(note), scale_named(scale))


def _spelled(key: str, chosen: Key) -> str:
    """The key for people, with the note as they wrote it."""
    note = key.strip().partition(" ")[0]
    return f"{note[:1].upper()}{note[1:]} {chosen.scale}"


def _check(mood: float, bars: int, seed: int, bpm: float | None) -> None:
    """Refuse what no piece can have."""
    checked(mood)
    if not 1 <= bars <= MOST_BARS:
        raise UsageError(f"--bars {bars} is out of range; use a number from 1 to {MOST_BARS}")
    if bpm is not None and not SLOWEST <= bpm <= FASTEST:
        raise UsageError(f"--bpm {bpm:g} is out of range; use a number from {SLOWEST} to {FASTEST}")
    _check_seed(seed)


def _check_seed(seed: int) -> None:
    if not 0 <= seed <= HIGHEST_SEED:
        raise UsageError(f"--seed {seed} is out of range; use a whole number from 0 to {HIGHEST_SEED}")


def _targets(out: Path, endings: tuple[str, ...]) -> Mapping[str, Path]:
    """The files to write, by their endings: `tune`, `tune.wav` and `tune.mid` name the same ones."""
    ending = out.suffix.lower()
    if ending in FOREIGN and ending not in endings:
        raise UsageError(f"--out {out}: this writes {' and '.join(endings)}; leave the ending out")
    stem = out.with_suffix("") if ending in endings else out
    if not stem.name or out.is_dir():
        raise UsageError(f"--out {out} is a folder; name a file in it, without an ending")
    if not stem.parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {stem.parent}; make it first, or choose another")
    files = {ending: stem.with_name(stem.name + ending) for ending in endings}
    for file in files.values():
        if file.is_dir():
            raise UsageError(f"--out {out}: {file} is a folder; choose another name")
    return files


def _write(contents: Mapping[Path, bytes]) -> None:
    """Write the files, each whole or not at all."""
    for path, content in contents.items():
        try:
            with whole_file(path, path.with_name(f".{path.name}.part")) as file:
                file.write(content)
        except OSError as error:
            if error.errno in FULL:
                raise
            raise UsageError(
                f"{path} cannot be written: {error.strerror}; choose another place with --out"
            ) from error


def _tell(files: Mapping[str, Path], score: Score, key: str) -> None:
    names = ", ".join(map(str, files.values()))
    echo(f"Wrote {names}: {counted(score.bars, 'bar')}, {score.seconds:.1f} s at {score.bpm:g} BPM in {key}.")
