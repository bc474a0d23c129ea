from __future__ import annotations

import numpy as np
import pytest
from support.midi_notes import notes_of

from asyncscrape.analysis.generation.melodies import heard_mood, invented, melody
from asyncscrape.analysis.generation.melody_net import (
    COUNT,
    UNITS,
    length_scores,
    next_state,
    pitch_scores,
    stored_weights,
    surprise,
    unpacked,
)
from asyncscrape.analysis.generation.midi_file import midi
from asyncscrape.analysis.generation.scales import SCALES, Key
from asyncscrape.analysis.generation.score import Voice
from asyncscrape.analysis.generation.tune_events import BAR, Tune, TuneReader, pitches_of, read_tune
from training.melody.composer import compose
from training.melody.fitting import bits_a_note, fit, gradients, single_batch
from training.melody.ngrams import NGrams, seen

WEIGHTS = stored_weights()


def tune(number: int) -> Tune:
    return compose(np.random.default_rng([5, number]))


@pytest.mark.parametrize("scale", SCALES)
def test_every_note_of_a_melody_is_in_its_scale_and_the_last_is_the_tonic(scale: str) -> None:
    key = Key(4, scale)
    score = melody(key, 0.6, 4, 2)
    assert {Voice.LEAD, Voice.BASS, Voice.PAD} == {part.voice for part in score.parts}
    assert all(key.has(note.pitch) for note in notes_of(midi(score)).notes)
    last = score.notes(Voice.LEAD)[-1]
    assert 4 == last.pitch % 12
    assert last.start < 16


def test_a_melody_is_always_the_same_for_a_seed() -> None:
    first, again, other = (melody(Key(9, "dorian"), 0, 2, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("bars", [1, 7, 40])
def test_a_melody_fills_its_bars(bars: int) -> None:
    events = invented(WEIGHTS, "minor", 0, bars, np.random.default_rng(1))
    assert bars * BAR == sum(event.steps for event in events)


def test_a_happy_melody_is_faster_higher_and_denser() -> None:
    sad, happy = (melody(Key(0, "major"), mood, 16, 1) for mood in (-0.9, 0.9))
    assert sad.bpm < happy.bpm
    assert len(sad.notes(Voice.LEAD)) < len(happy.notes(Voice.LEAD))
    assert 90 == melody(Key(0, "major"), 0.9, 1, 1, bpm=90).bpm


def test_the_network_hears_the_mood_of_composed_tunes() -> None:
    tunes = [tune(number) for number in range(12)]
    heard = [heard_mood(WEIGHTS, one) for one in tunes]
    assert 0.7 < np.corrcoef(heard, [one.mood for one in tunes])[0, 1]


def test_phrases_return_as_the_network_goes_on() -> None:
    """After sixteen bars of a tune in the form AABA, the section that returns surprises it far less than at first."""
    ratios = []
    for number in range(40):
        one = tune(number)
        nats = surprises(one)
        places = np.cumsum([0, *(event.steps for event in one.events)])[:-1] // BAR
        first, second = (
            [event for event, bar in zip(one.events, places, strict=True) if bar < 7],
            [event for event, bar in zip(one.events, places, strict=True) if 8 <= bar < 15],
        )
        if first == second:
            ratios.append(nats[(places >= 8) & (places < 15)].mean() / nats[places < 7].mean())
    assert len(ratios) > 3
    assert np.mean(ratios) < 0.35


def surprises(one: Tune) -> np.ndarray:
    reader, state, nats = TuneReader(one.scale, one.mood), np.zeros(UNITS, np.float32), []
    allowed = pitches_of(one.scale)
    for event in one.events:
        state = next_state(WEIGHTS, state, reader.known())
        length = surprise(length_scores(WEIGHTS, state, reader.fits()), event.length)
        nats.append(length + surprise(pitch_scores(WEIGHTS, state, event.length, allowed), event.pitch))
        reader.read(event)
    return np.array(nats)


# Training


def test_composed_tunes_keep_to_the_grid_and_the_scale() -> None:
    for number in range(30):
        one = tune(number)
        read = read_tune(one)
        assert 32 * BAR == sum(event.steps for event in one.events)
        assert all(pitches_of(one.scale)[event.pitch] for event in one.events)
        assert read.fits[np.arange(len(one.events)), read.events[:, 1]].all()


def test_training_and_playing_give_the_same_probabilities() -> None:
    flat = np.concatenate([part.ravel() for part in WEIGHTS])
    one = tune(3)
    assert COUNT == len(flat)
    assert abs(bits_a_note(flat, [one]) - surprises(one).mean() / np.log(2)) < 1e-3


def test_the_gradient_is_the_slope_of_the_surprise() -> None:
    random = np.random.default_rng(2)
    flat = random.normal(0, 0.2, COUNT)
    batch = single_batch([tune(1)._replace(events=tune(1).events[:9]), tune(2)._replace(events=tune(2).events[:14])])
    _, gradient = gradients(flat, batch)
    for part, start in zip(unpacked(np.arange(COUNT)), range(7), strict=False):
        where = int(part.ravel()[np.abs(gradient[part.ravel()]).argmax()])
        step = np.zeros(COUNT)
        step[where] = 1e-2
        slope = (gradients(flat + step, batch)[0] - gradients(flat - step, batch)[0]) / 2e-2 * np.log(2)
        assert np.isclose(slope, gradient[where], rtol=0.02), start


def test_a_few_steps_of_training_make_tunes_less_surprising() -> None:
    bits = [bits for _, bits, _ in fit([tune(number) for number in range(8)], 10, seed=1)]
    assert bits[-1] < bits[0] - 0.2


def test_n_grams_are_probabilities_that_learn() -> None:
    learnt, other = [tune(number) for number in range(20)], list(seen([tune(30)], lambda known: ()))
    grams = NGrams(seen(learnt, lambda known: ()), 2)
    total = sum(grams.probability(other[5]._replace(event=(pitch, length)), 0.9)
                for pitch in range(23) for length in range(8))  # fmt: skip
    assert abs(1 - total) < 1e-9
    known = list(seen([learnt[0]], lambda known: ()))
    assert grams.bits(known, 0.9) < grams.bits(other, 0.9) < np.log2(184)
