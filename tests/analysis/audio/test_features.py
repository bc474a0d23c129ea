"""What is told about sounds whose tempo, key and loudness are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.audio_files import RATE, Wave, beats, flac, tone, wav

pytest.importorskip("miniaudio")

from asyncscrape.analysis.audio.features import features_in
from asyncscrape.analysis.audio.measured import Features, flat
from asyncscrape.replica.media.previews import preview

NOTES = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]


def told(path: Path, data: bytes) -> Features:
    path.write_bytes(data)
    return features_in(path)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Features:
    return told(tmp_path_factory.mktemp("audio") / "music.wav", wav(beats(126.5, 20), channels=2))


def test_tempo_key_and_length_of_a_piece(music: Features) -> None:
    assert music.tempo == pytest.approx(126.5, abs=0.05)
    assert ("A minor", "8A") == (music.key, music.camelot)
    assert (20.0, 20.0, RATE, 2) == (
        music.duration_seconds,
        music.analysed_seconds,
        music.sample_rate,
        music.channels,
    )
    assert music.key_confidence is not None
    assert 0 < music.key_confidence <= 1


def test_other_levels_of_the_beat_are_told_with_scores_below_that_of_the_tempo(music: Features) -> None:
    assert music.tempo is not None
    assert music.tempo_confidence is not None
    assert 3 == len(music.tempo_levels)
    assert {0.5, 0.67, 0.75, 1.33, 1.5} >= {round(level.bpm / music.tempo, 2) for level in music.tempo_levels}
    assert all(0 <= level.score <= 1 for level in music.tempo_levels)


def test_drums_have_a_share_and_onsets_are_counted(music: Features) -> None:
    assert 0.2 < music.percussive_share < 0.95
    assert music.onsets_per_second == pytest.approx(2 * 126.5 / 60, rel=0.15)


@pytest.mark.parametrize("bpm", [88.0, 128.0, 174.0])
def test_previews_of_the_replica_have_the_tempo_and_key_that_they_were_made_with(tmp_path: Path, bpm: float) -> None:
    music = told(tmp_path / "preview.mp3", preview("a", bpm, 5, is_minor=True))
    assert music.tempo == pytest.approx(bpm, rel=0.004)  # loops are made of whole frames
    assert ("F minor", "4A") == (music.key, music.camelot)


def test_a_flac_holds_what_a_wav_does(tmp_path: Path) -> None:
    wave = beats(100, 8)
    assert told(tmp_path / "a.flac", flac(wave)) == told(tmp_path / "a.wav", wav(wave))


def test_the_loudness_of_a_tone_is_the_one_that_broadcasters_agreed_on(tmp_path: Path) -> None:
    level = 10 ** (-23 / 20)
    both = told(tmp_path / "tone.wav", wav(tone(1000, 10, level=level), channels=2))
    assert both.loudness_lufs == pytest.approx(-23.0, abs=0.1)
    assert both.loudness_range_lu == pytest.approx(0, abs=0.1)
    assert both.peak_db == pytest.approx(-23.0, abs=0.05)


def test_the_range_lies_between_the_quiet_and_the_loud_part(tmp_path: Path) -> None:
    """The first case of EBU Tech 3342: 20 seconds at -20 dB, then 20 seconds at -30 dB."""
    wave = np.concatenate([tone(1000, 20, level=0.1), tone(1000, 20, level=0.1 * 10**-0.5)])
    found = told(tmp_path / "steps.wav", wav(wave, channels=2))
    assert found.loudness_range_lu == pytest.approx(10, abs=1)
    assert found.energy[10] == 1.0
    assert found.energy[90] == pytest.approx(10**-0.5, abs=0.02)


def test_a_tone_is_dark_and_noise_is_bright_and_neither_has_a_tempo(tmp_path: Path) -> None:
    low = told(tmp_path / "tone.wav", wav(tone(440, 8)))
    noise = told(tmp_path / "noise.wav", wav(np.random.default_rng(1).normal(0, 0.1, 8 * RATE)))
    assert low.spectral_centroid_hz == pytest.approx(440, rel=0.2)
    assert noise.spectral_centroid_hz == pytest.approx(RATE / 4, rel=0.1)
    assert low.spectral_flatness < 0.1 < 0.8 < noise.spectral_flatness
    assert low.percussive_share < 0.1
    assert (None, None) == (low.tempo, noise.tempo)
    assert (None, None) == (low.dance_likeness, noise.dance_likeness)
    assert noise.key is None


def test_a_key_moves_with_its_notes(tmp_path: Path) -> None:
    keys = [told(tmp_path / "moved.wav", wav(moved(step))).key for step in range(12)]
    assert NOTES == [str(key).removesuffix(" major") for key in keys]


def moved(step: int) -> Wave:
    """I, IV, V and I."""
    chords = ((0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7))
    played = [
        sum(
            tone(261.63 * 2 ** ((note + step) / 12) * octave, 1.0, 22_050, 0.05)
            for note in chord
            for octave in (1, 2)
        )
        for chord in chords
    ]
    return np.concatenate(played)


def test_a_row_has_plain_values_only(music: Features) -> None:
    row = flat(music)
    assert {"tempo", "tempo_2", "tempo_2_score", "tempo_3", "tempo_3_score", "key", "loudness_lufs"} < row.keys()
    assert {float, int, str, list} >= {type(value) for value in row.values() if value is not None}
    assert 100 == len(row["energy"])
