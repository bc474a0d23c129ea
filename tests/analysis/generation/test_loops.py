from __future__ import annotations

import io
import wave

import numpy as np
import pytest
from support.midi_notes import notes_of

from asyncscrape.analysis.generation.loops import loop
from asyncscrape.analysis.generation.midi_file import midi
from asyncscrape.analysis.generation.scales import SCALES, Key, key_named, note_named, scale_named
from asyncscrape.analysis.generation.score import DRUMS, Score, ScoreNote, ScorePart, Voice
from asyncscrape.analysis.generation.synthesiser import played
from asyncscrape.analysis.generation.wav_file import RATE, wav
from asyncscrape.errors import UsageError


@pytest.mark.parametrize(("text", "tonic"), [("C", 0), ("f#", 6), ("Gb", 6), ("B♭", 10), (" e ", 4)])
def test_notes_have_names(text: str, tonic: int) -> None:
    assert tonic == note_named(text)


@pytest.mark.parametrize("text", ["H", "H#", "E#", "Cb", "", "CC", "F minor"])
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="letter from A to G"):
        note_named(text)


def test_a_key_is_a_note_and_a_scale() -> None:
    assert Key(5, "minor") == key_named("F minor")
    assert Key(10, "major") == key_named("Bb")
    assert "minor-pentatonic" == scale_named("Minor pentatonic")
    with pytest.raises(UsageError, match="blues"):
        key_named("F moll")


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("mood", [-1, 0.2, 1])
def test_every_tone_of_a_loop_is_in_its_key(scale: str, mood: float) -> None:
    key = Key(6, scale)
    score = loop(128, key, mood, 8, 3)
    tones = [note for part in score.parts if part.voice not in DRUMS for note in part.notes]
    assert [] == [note for note in tones if not key.has(note.pitch)]
    assert all(0 <= note.start < 32 and 0 < note.force <= 1 for note in tones)


def test_a_loop_is_as_long_as_its_bars_and_always_the_same() -> None:
    first, again, other = (played(loop(120, key_named("A minor"), 0, 1, seed), loops=True) for seed in (1, 1, 2))
    assert (2 * RATE, 2) == first.shape
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert 0.8 < np.abs(first).max() <= 0.9


def test_a_tone_has_the_pitch_that_its_note_says() -> None:
    for voice in (Voice.BASS, Voice.LEAD, Voice.PAD):
        score = Score(60, 1, (ScorePart(voice, (ScoreNote(0, 2, 57, 1.0),)),))
        sound = played(score)[: 2 * RATE].mean(axis=1)
        strength = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
        assert abs(220 - strength.argmax() / 2) < 2


def test_a_brighter_mood_has_more_overtones() -> None:
    def centre(mood: float) -> float:
        sound = played(loop(128, key_named("F minor"), mood, 2, 1), loops=True).mean(axis=1)
        strength = np.abs(np.fft.rfft(sound))
        return float((strength * np.arange(len(strength))).sum() / strength.sum())

    assert centre(-1) < centre(1)


def test_a_wav_file_holds_the_samples() -> None:
    sound = np.array([[0, 0.5], [-1, 1], [2, -2]], np.float32)
    with wave.open(io.BytesIO(wav(sound))) as file:
        assert (2, 2, RATE, 3) == (file.getnchannels(), file.getsampwidth(), file.getframerate(), file.getnframes())
        assert [0, 16384, -32767, 32767, 32767, -32767] == np.frombuffer(file.readframes(3), "<i2").tolist()


def test_a_midi_file_holds_the_notes() -> None:
    notes = (ScoreNote(0, 1, 60, 1.0), ScoreNote(1, 0.5, 60, 0.5), ScoreNote(130, 2, 72, 0.25))
    read = notes_of(
        midi(Score(125, 33, (ScorePart(Voice.LEAD, notes), ScorePart(Voice.KICK, (ScoreNote(0, 1, 0, 1.0),)))))
    )
    assert 125 == read.bpm
    assert [(0, 1, 60, 0), (1, 0.5, 60, 0), (130, 2, 72, 0)] == [one for one in read.notes if one[3] != 9]
    assert [(0, 1, 36, 9)] == [one for one in read.notes if one[3] == 9]
