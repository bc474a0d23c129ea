"""The replica's previews, decoded by a real browser: what is heard has the tempo and the key that were asked for."""

import base64
import time

import numpy as np
import pytest
from numpy.typing import NDArray
from support.browser import started

from asyncscrape.replica.media.mp3 import FRAME_BYTES, RATE
from asyncscrape.replica.media.previews import SECONDS, preview

SONGS = ((128, 9, True), (125, 0, False), (174, 3, True))
"""Beats a minute, root, and whether it is minor."""
TAG = 10 + 10
"""Bytes before the title in a preview's tag."""

DECODE = """async texts => Promise.all(texts.map(async text => {
  const bytes = Uint8Array.from(atob(text), one => one.charCodeAt(0));
  const sound = await new OfflineAudioContext(1, 1, 24000).decodeAudioData(bytes.buffer);
  const beginning = sound.getChannelData(0).subarray(0, 10 * 24000);
  const samples = Int16Array.from(beginning, one => 32767 * Math.max(-1, Math.min(1, one)));
  const data = new Uint8Array(samples.buffer);
  let out = "";
  for (let n = 0; n < data.length; n += 32768) out += String.fromCharCode(...data.subarray(n, n + 32768));
  return [sound.numberOfChannels, sound.duration, btoa(out)];
}))"""

Sound = NDArray[np.float64]


async def decoded(previews: list[bytes]) -> list[tuple[int, float, Sound]]:
    """Their channels, their seconds, and their first ten seconds."""
    async with started() as browser:
        page = await browser.new_page()
        answers = await page.evaluate(DECODE, [base64.b64encode(one).decode() for one in previews])
    return [
        (channels, length, np.frombuffer(base64.b64decode(text), np.int16) / 32767)
        for channels, length, text in answers
    ]


def tempo(sound: Sound, least: float, most: float) -> float:
    """The beats a minute between two limits at which the loudness repeats best."""
    step = RATE // 200
    loudness = np.sqrt((sound[: len(sound) // step * step].reshape(-1, step) ** 2).mean(axis=1))
    onsets = np.maximum(0, np.diff(loudness))
    likeness = np.correlate(onsets - onsets.mean(), onsets - onsets.mean(), "full")[len(onsets) - 1 :]
    lags = np.arange(round(12_000 / most), round(12_000 / least))
    lag, beats = int(lags[likeness[lags].argmax()]), 1
    while beats < 16:  # over more beats the length of a step matters less
        near = np.arange(2 * lag - 8, 2 * lag + 9)
        lag, beats = int(near[likeness[near].argmax()]), 2 * beats
    return beats * 12_000 / lag


def pitch_classes(sound: Sound) -> list[int]:
    """The twelve pitch classes, the strongest first; 0 is C."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    pitch = np.fft.rfftfreq(len(sound), 1 / RATE)
    chosen = (pitch > 190) & (pitch < 2000)
    classes = np.round(12 * np.log2(pitch[chosen] / 261.6256)).astype(np.int64) % 12
    return [int(one) for one in np.bincount(classes, power[chosen], 12).argsort()[::-1]]


async def test_a_browser_hears_the_tempo_and_the_key_of_the_track() -> None:
    heard = await decoded([preview(f"song {song}", *song) for song in SONGS])
    for (bpm, root, is_minor), (channels, length, sound) in zip(SONGS, heard, strict=True):
        assert (1, SECONDS) == (channels, pytest.approx(length, abs=0.1))
        assert bpm == pytest.approx(tempo(sound, bpm * 0.7, bpm * 1.4), abs=1)
        triad = {root, (root + (3 if is_minor else 4)) % 12, (root + 7) % 12}
        assert triad == set(pitch_classes(sound)[:3])
        assert 0.4 < np.abs(sound).max() < 0.95


def test_a_preview_is_a_tag_and_frames_of_one_length() -> None:
    song = preview("abc", 128, 9, True)
    sound = song[TAG + 4 :]
    assert (b"ID3", b"abc") == (song[:3], song[TAG + 1 : TAG + 4])
    assert {b"\xff\xf3\x24\xc4"} == {sound[at : at + 4] for at in range(0, len(sound), FRAME_BYTES)}
    assert SECONDS * 1000 / 24 == len(sound) / FRAME_BYTES
    assert len(song) < 50_000


def test_every_key_has_bytes_of_its_own_and_costs_nothing_after_the_first_of_its_kind() -> None:
    preview("first", 126, 4, True)
    since = time.process_time()
    assert 500 == len({preview(f"song {number}", 126, 4, True) for number in range(500)})
    assert time.process_time() - since < 1
