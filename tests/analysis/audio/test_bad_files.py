"""A file that is no good sound has a reason, costs no more than a good one, and takes nothing else along."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import numpy as np
import pytest
from support.audio_files import beats, flac, float_wav, silent_flac, wav, wav_of

pytest.importorskip("miniaudio")

from asyncscrape.analysis.audio.decoding import MOST_SECONDS, AudioError, opened
from asyncscrape.analysis.audio.features import features_in
from asyncscrape.replica.media.previews import preview

MUSIC = beats(120, 3)
ONE_IS_NONE = np.where(np.arange(len(MUSIC)) == 70_000, np.nan, MUSIC)
BAD = {
    "empty": (b"", "it is empty"),
    "a page": (b"\n <!doctype html><p>gone</p>", "it is HTML or XML, not audio"),
    "a picture": (b"\xff\xd8\xff\xe0" + bytes(5_000), "it is a JPEG picture, not audio"),
    "an answer": (b'{"error": "no"}', "it is JSON, not audio"),
    "MP4": (b"\0\0\0\x20ftypM4A " + bytes(500), "it is MP4, which cannot be decoded here"),
    "random": (np.random.default_rng(0).bytes(100_000), "it is none of MP3, Ogg Vorbis, FLAC and WAV"),
    "frames without sound": (b"\xff\xfb\x90\x64" * 20_000, "it is none of MP3, Ogg Vorbis, FLAC and WAV"),
    "silent": (wav(0 * MUSIC), "it is silent"),
    "short": (wav(MUSIC[:4_410]), "it is too short: 0.10 seconds"),
    "cut WAV": (wav(MUSIC)[:132_344], "it is cut off: 1.5 of 3.0 seconds are there"),
    "cut FLAC": (flac(MUSIC)[:180_000], "it is cut off: 2.0 of 3.0 seconds are there"),
    "cut MP3": (preview("a", 120, 0, is_minor=True)[:20_000], "it is cut off in the middle of a frame"),
    "claims hours in WAV": (
        wav(MUSIC[:88_200], claimed=600_000_000),
        "it is cut off: 2.0 of 13605.4 seconds are there",
    ),
    "claims hours in FLAC": (flac(MUSIC[:90_112], claimed=10**9), "it is cut off: 2.0 of 22675.7 seconds are there"),
    "not a number": (float_wav(MUSIC * np.nan), "its samples are no sound: they are beyond all bounds"),
    "one not a number": (float_wav(ONE_IS_NONE), "its samples are no sound: they are beyond all bounds"),
    "infinite": (float_wav(MUSIC + np.inf), "its samples are no sound: they are beyond all bounds"),
    "huge": (float_wav(MUSIC * 1e30), "its samples are no sound: they are beyond all bounds"),
    "1 Hz": (wav(MUSIC, 1), "it has 1 channels at 1 Hz, which is no music"),
    "0 Hz": (wav(MUSIC, 0), "it is none of MP3, Ogg Vorbis, FLAC and WAV"),
    "300 kHz": (wav(MUSIC, 300_000), "it has 1 channels at 300000 Hz, which is no music"),
    "768 kHz": (wav(MUSIC, 768_000), "it is none of MP3, Ogg Vorbis, FLAC and WAV"),
    "64 channels": (wav(MUSIC, channels=64), "it has 64 channels at 44100 Hz, which is no music"),
    "0 channels": (wav_of(bytes(9_000), 44_100, 0, 2, 1, None), "it is none of MP3, Ogg Vorbis, FLAC and WAV"),
}


@pytest.mark.parametrize(("data", "why"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_says_why(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "named.mp3"
    path.write_bytes(data)
    with pytest.raises(AudioError) as raised:
        features_in(path)
    assert why == str(raised.value)


def test_neither_a_folder_nor_a_pipe_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    for path, why in ((tmp_path, "it is a folder"), (tmp_path / "pipe.mp3", "it is no file")):
        with pytest.raises(AudioError, match=why):
            opened(path)
    with pytest.raises(AudioError, match="there is no such file"):
        opened(tmp_path / "none.mp3")


def test_hours_in_a_few_bytes_are_decoded_for_ten_minutes_only(tmp_path: Path) -> None:
    path = tmp_path / "bomb.flac"
    path.write_bytes(silent_flac(8 * 3600))
    assert path.stat().st_size < 500_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    file = opened(path)
    assert file.announced.seconds == pytest.approx(8 * 3600, abs=2)
    frames = 0
    with pytest.raises(AudioError, match="silent"):
        for piece in file.pieces:
            frames += len(piece)
    assert MOST_SECONDS * 44_100 == frames
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000
