"""Figures about what `asyncscrape generate` makes: `python benchmarks/generation.py [PART …]`, or all parts.

net       the network against n-grams, and how much of its tunes is copied
tuning    the asked mood against independent critics, for melodies and covers
tempo     the asked tempo and tonic against our own analysis of the sound
artworks  the same for covers that follow artworks, also such as say the opposite of the studies
waveform  heights from pictures and sounds against those that were drawn
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from mood_critics import by_people, by_pleasure, figures, fitted, of_notes, of_outlines, of_sound, spearman  # noqa: E402
from support.waveform_pictures import LOOKS, loudness, picture, save  # noqa: E402

from asyncscrape.analysis.generation.artwork_colours import ArtworkColours  # noqa: E402
from asyncscrape.analysis.generation.cover_art import drawn  # noqa: E402
from asyncscrape.analysis.generation.envelopes import envelope_of, resynthesised  # noqa: E402
from asyncscrape.analysis.generation.loops import loop  # noqa: E402
from asyncscrape.analysis.generation.melodies import fitting, melody  # noqa: E402
from asyncscrape.analysis.generation.melody_net import COUNT, FILE, stored_weights  # noqa: E402
from asyncscrape.analysis.generation.palettes import HUES  # noqa: E402
from asyncscrape.analysis.generation.scales import SCALES, Key, note_named  # noqa: E402
from asyncscrape.analysis.generation.synthesiser import played  # noqa: E402
from asyncscrape.analysis.generation.tune_events import Tune, TuneEvent, pitches_of  # noqa: E402
from asyncscrape.analysis.generation.wav_file import wav  # noqa: E402
from asyncscrape.analysis.generation.waveform_reading import heights_of  # noqa: E402
from asyncscrape.commands.artworks_to_follow import colours_to_follow  # noqa: E402
from asyncscrape.commands.job_argument import Chosen  # noqa: E402
from asyncscrape.errors import UsageError  # noqa: E402
from training.melody.fitting import bits_a_note  # noqa: E402
from training.melody.ngrams import SIGHTS, best  # noqa: E402
from training.melody.train import CHOOSING, HELD_OUT, TRAINING, TUNES, tunes  # noqa: E402

SEED = 4_242
GRAM = 8


def net() -> None:
    """The network against n-grams."""
    learnt, held = tunes(TRAINING, TUNES), tunes(HELD_OUT, 100)
    flat = np.load(Path(sys.modules[fitting.__module__].__file__ or "").with_name(FILE)).astype(np.float32)
    bits = bits_a_note(flat, held)
    print(f"network of {COUNT} weights: {bits:.3f} bits a note on {len(held)} tunes held out")
    made = [_invented(number) for number in range(100)]
    known = {gram for tune in learnt for gram in _grams(tune.events)}
    for name, some in (("invented", made), ("held out", held)):
        grams = [gram for tune in some for gram in _grams(tune.events)]
        copied = sum(gram in known for gram in grams) / len(grams)
        print(f"{GRAM}-grams of tunes {name} that are in a training tune: {copied:.2%}")
    outside = sum(not pitches_of(tune.scale)[event.pitch] for tune in made for event in tune.events)
    print(f"notes outside the scale: {outside} of {sum(len(tune.events) for tune in made)}", flush=True)
    for sight in SIGHTS:
        found = best(sight, learnt, tunes(CHOOSING, 12), held)
        way = f"order {found.order}, discount {found.discount}"
        print(f"n-gram that sees {sight}: {found.bits:.3f} bits a note ({way});")
        print(f"  the network is {found.bits - bits:.3f} better", flush=True)


def _invented(number: int) -> Tune:
    random = np.random.default_rng([SEED, number])
    scale, mood = list(SCALES)[number % len(SCALES)], float(random.uniform(-1, 1))
    return fitting(stored_weights(), scale, mood, 32, random)


def _grams(events: Sequence[TuneEvent]) -> Iterator[tuple[TuneEvent, ...]]:
    return (tuple(events[place : place + GRAM]) for place in range(len(events) - GRAM + 1))


def tuning() -> None:
    """The asked mood against critics."""
    composed = tunes(CHOOSING, 1000)
    judge = fitted(np.stack([of_notes(tune.events) for tune in composed]), np.array([tune.mood for tune in composed]))
    other = tunes(HELD_OUT, 200)
    own = spearman(judge.of(np.stack([of_notes(tune.events) for tune in other])), [tune.mood for tune in other])
    made = [_invented(number) for number in range(100)]
    got = spearman(judge.of(np.stack([of_notes(tune.events) for tune in made])), [tune.mood for tune in made])
    print(f"melodies by their notes alone: Spearman {got:.3f}; the critic itself, on the composer's tunes: {own:.3f}")
    _tuning_of_sound()
    _tuning_of_covers()


def _tuning_of_sound() -> None:
    random = np.random.default_rng(SEED)
    moods = random.uniform(-1, 1, 100)
    keys = [Key(int(random.integers(12)), list(SCALES)[number % len(SCALES)]) for number in range(100)]
    loops = [played(loop(random.uniform(90, 170), keys[number], moods[number], 4, number)) for number in range(60)]
    judge = fitted(np.stack([of_sound(sound) for sound in loops]), moods[:60])
    scores = [melody(key, mood, 8, number) for number, (key, mood) in enumerate(zip(keys, moods, strict=True))]
    got = spearman(judge.of(np.stack([of_sound(played(score)) for score in scores])), moods)
    print(f"melodies by their sound, judged as loops are: {got:.3f}")
    inner = fitted(np.stack([of_sound(sound) for sound in loops[:40]]), moods[:40])
    own = spearman(inner.of(np.stack([of_sound(sound) for sound in loops[40:]])), moods[40:60])
    print(f"  the critic itself, on 20 loops that it was not fitted on: {own:.3f}", flush=True)


def _tuning_of_covers() -> None:
    random = np.random.default_rng(SEED)
    moods = random.uniform(-1, 1, 120)
    pictures = [drawn(mood, number, 200) for number, mood in enumerate(moods)]
    for name, critic in (("as people rated colours", by_people), ("pleasure by Valdez and Mehrabian", by_pleasure)):
        print(f"covers by their colours, {name}: {spearman([critic(one) for one in pictures], moods):.3f}")
    _tuning_of_outlines(random)


def artworks() -> None:
    """The asked mood of covers that follow artworks against the critics of colours."""
    moods = np.random.default_rng(SEED).uniform(-1, 1, 120)
    for name, colours in _collections():
        pictures = [drawn(mood, number, 200, colours.near(mood)) for number, mood in enumerate(moods)]
        people, pleasure = (spearman([critic(one) for one in pictures], moods) for critic in (by_people, by_pleasure))
        print(f"covers that follow {name}: as people rated colours {people:.3f}, pleasure {pleasure:.3f}", flush=True)


def _collections() -> Iterator[tuple[str, ArtworkColours]]:
    """Made collections of 400 artworks, and those of config/music-demo.toml if that was run and enriched here."""
    yield "red for sad, green for happy", _collection(lambda mood, random: 20 if mood < 0 else 140, lambda mood: 0.15)
    yield "yellow for sad, blue for happy", _collection(lambda mood, random: 84 if mood < 0 else 262, lambda _: 0.15)
    yield "colourful for sad, grey for happy", _collection(lambda _, random: random.uniform(0, 360), _greyer)
    yield "purple for sad, grey for happy", _collection(lambda mood, random: 300, _greyer)
    try:
        yield "those of the replica", colours_to_follow(Chosen(ROOT / "config/music-demo.toml"))
    except UsageError as why_not:
        print(why_not)


def _greyer(mood: float) -> float:
    return 0.1 - 0.1 * mood


def _collection(
    hue: Callable[[float, np.random.Generator], float], chroma: Callable[[float], float]
) -> ArtworkColours:
    random = np.random.default_rng(SEED)
    moods = random.uniform(-1, 1, 400)
    hues = np.zeros((len(moods), len(HUES)))
    for row, mood in zip(hues, moods, strict=True):
        row[int(np.abs(HUES - hue(mood, random)).argmin())] = chroma(mood)
    return ArtworkColours(moods, np.ones(len(moods)), hues, hues.sum(axis=1), 0)


def _tuning_of_outlines(random: np.random.Generator) -> None:
    """How many shapes there are depends on the composition, and hides how pointed they are: so seed by seed, too."""
    shown, pointed = zip(*(figures(random, 200) for _ in range(200)), strict=True)
    features = np.stack([of_outlines(one) for one in shown])
    judge, truth = fitted(features[:150], -np.array(pointed[:150])), -np.array(pointed[150:])
    moods = random.uniform(-1, 1, (20, 6))
    verdicts = [
        judge.of(np.stack([of_outlines(drawn(mood, number, 200)) for mood in some]))
        for number, some in enumerate(moods)
    ]
    within = np.mean([spearman(one, some) for one, some in zip(verdicts, moods, strict=True)])
    print(f"covers by their outlines alone: {spearman(np.ravel(verdicts), moods.ravel()):.3f} over all seeds")
    own = spearman(judge.of(features[150:]), truth)
    print(f"  {within:.3f} within a seed; the critic itself, on other figures: {own:.3f}", flush=True)


def tempo() -> None:
    """The asked tempo and tonic against our own analysis."""
    random = np.random.default_rng(SEED)
    for slowest, fastest in ((100, 150), (151, 175)):
        rows = [_heard(number, float(random.integers(slowest, fastest + 1)), random) for number in range(30)]
        exact, tonics, keys = np.mean(rows, axis=0)
        told = f"tempo {exact:.1%}, tonic {tonics:.1%}, tonic and mode {keys:.1%}"
        print(f"{len(rows)} loops of {slowest} to {fastest} BPM: {told}", flush=True)


def _heard(number: int, bpm: float, random: np.random.Generator) -> tuple[bool, bool, bool]:
    """Whether the analysis hears the tempo, the tonic, and the tonic with its mode."""
    from asyncscrape.analysis.audio.features import features_in

    key = Key(int(random.integers(12)), "major" if number % 3 == 0 else "minor")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "loop.wav")
        path.write_bytes(wav(played(loop(bpm, key, float(random.uniform(-1, 1)), 8, number), loops=True)))
        heard = features_in(path)
    tonic = _tonic(heard.key) == key.tonic
    return abs((heard.tempo or 0) / bpm - 1) < 0.04, tonic, tonic and (heard.key or "").endswith(key.scale)


def _tonic(key: str | None) -> int | None:
    """The semitones above C of a key such as "Ab minor"."""
    if key is None:
        return None
    return note_named(key.split()[0])


def waveform() -> None:
    """Heights from pictures and sounds against those that were drawn."""
    random = np.random.default_rng(SEED)
    with tempfile.TemporaryDirectory() as folder:
        for ending in (".png", ".jpg"):
            found = []
            for name, look in LOOKS.items():
                for number in range(10 if ending == ".png" or name != "a hole in grey" else 0):
                    loud = loudness(random, 1800, look.bar + look.gap)
                    path = save(picture(loud, look), Path(folder, f"wave{ending}"), quality=(60, 80, 95)[number % 3])
                    heights = heights_of(path)
                    heard = envelope_of(resynthesised(heights, 30), len(loud))
                    found.append((np.corrcoef(loud, heights)[0, 1], np.corrcoef(loud, heard)[0, 1], name))
            heights_r, heard_r = [one[0] for one in found], [one[1] for one in found]
            worst = min(found, key=lambda one: one[1])
            print(f"{ending}: {len(found)} pictures; r of the heights {np.median(heights_r):.4f}, of the sound "
                  f"{np.median(heard_r):.4f}, at least {worst[1]:.4f} ({worst[2]})")  # fmt: skip


PARTS = {"tuning": tuning, "artworks": artworks, "waveform": waveform, "tempo": tempo, "net": net}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
