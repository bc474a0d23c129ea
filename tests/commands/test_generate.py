from __future__ import annotations

import json
import os
import wave
from pathlib import Path

import pytest
from PIL import Image
from support.forked_command import run
from support.midi_notes import notes_of


def test_a_loop_is_written_as_wav_and_midi(tmp_path: Path) -> None:
    words = ("generate", "loop", "--bpm", "140", "--key", "F minor", "--mood", "-0.4", "--bars", "1", "--seed", "7")
    for name in ("one", "other.wav"):
        ended = run(*words, "--out", name, cwd=tmp_path)
        assert (0, "") == (ended.code, ended.err)
    assert ["one.mid", "one.wav", "other.mid", "other.wav"] == sorted(path.name for path in tmp_path.iterdir())
    for ending in (".wav", ".mid"):
        assert (tmp_path / f"one{ending}").read_bytes() == (tmp_path / f"other{ending}").read_bytes()


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ("loop --mood 3", "from -1 (sad) to 1 (happy)"),
        ("loop --mood nan", "from -1 (sad) to 1 (happy)"),
        ("loop --bpm 5000", "from 40 to 250"),
        ("loop --bars 0", "from 1 to 64"),
        ("loop --seed -1", "from 0 to"),
        ("loop --out a.mp3", "this writes .wav and .mid"),
        ("loop --key H#", "letter from A to G"),
        ("loop --key H", "the German H is B"),
        ("loop --key Em", "write the note, a blank and the scale: E minor"),
        ("loop --key E --scale blues", 'as in --key "E blues"'),
        ("loop --out .", "is a folder"),
        ("loop --out nowhere/loop", "no folder nowhere"),
        ("loop --out /proc/loop", "cannot be written"),
        ("melody --scale klingon", "minor-pentatonic, blues"),
        ("melody --key E# --scale blues", "letter from A to G"),
        ("melody --key H", "letter from A to G"),
        ("melody --bpm 5000", "from 40 to 250"),
        ("melody --bars 65", "from 1 to 64"),
        ("cover --mood -1.5", "from -1 (sad) to 1 (happy)"),
        ("from-waveform nothing.png", "cannot be read: there is no such file; name a picture"),
        ("from-waveform /dev/null", "is no file"),
        ("from-waveform nothing.png --seconds 0", "from 1 to 600"),
    ],
)
def test_a_bad_argument_is_told_in_one_line(words: str, allowed: str, tmp_path: Path) -> None:
    ended = run("generate", *words.split(), cwd=tmp_path)
    assert (2, "", 1) == (ended.code, ended.out, len(ended.err.splitlines()))
    assert allowed in ended.err
    assert [] == list(tmp_path.iterdir())


def test_a_loop_in_a_note_alone_is_told_to_be_major(tmp_path: Path) -> None:
    ended = run("generate", "loop", "--key", "eb", "--bars", "1", cwd=tmp_path)
    assert (0, True) == (ended.code, ended.out.endswith(": 1 bar, 1.9 s at 128 BPM in Eb major.\n"))


def test_a_melody_in_a_whole_key_is_told_the_options_for_it(tmp_path: Path) -> None:
    ended = run("generate", "melody", "--key", "E minor", "--scale", "blues", cwd=tmp_path)
    assert (2, True) == (ended.code, ended.err.endswith(": --key E --scale minor\n"))


@pytest.mark.parametrize(
    ("words", "meant"),
    [("generate loop mood 0.4", "--mood"), ("generate cover like a.toml", "--like"), ("run a.toml fresh", "--fresh")],
)
def test_forgotten_dashes_are_told(words: str, meant: str, tmp_path: Path) -> None:
    ended = run(*words.split(), cwd=tmp_path)
    assert (2, True) == (ended.code, f"Did you mean '{meant}'?" in ended.err)
    other = run("status", "a.toml", "words", cwd=tmp_path)
    assert (2, False) == (other.code, "Did you mean" in other.err)


def test_a_melody_is_written_as_midi_wav_and_picture(tmp_path: Path) -> None:
    words = ("--key", "Bb", "--scale", "blues", "--mood", "0.7", "--bars", "2", "--seed", "5", "--out", "tune")
    ended = run("generate", "melody", *words, cwd=tmp_path)
    assert (0, "") == (ended.code, ended.err)
    assert ["tune.mid", "tune.png", "tune.wav"] == sorted(path.name for path in tmp_path.iterdir())
    assert {(note.pitch - 10) % 12 for note in notes_of((tmp_path / "tune.mid").read_bytes()).notes} <= {
        0,
        3,
        5,
        6,
        7,
        10,
    }
    assert b"\x89PNG" == (tmp_path / "tune.png").read_bytes()[:4]


def test_a_cover_is_a_large_picture(tmp_path: Path) -> None:
    ended = run("generate", "cover", "--mood", "-0.5", "--out", "cover.png", cwd=tmp_path)
    assert (0, "") == (ended.code, ended.err)
    with Image.open(tmp_path / "cover.png") as picture:
        assert ("PNG", (3000, 3000)) == (picture.format, picture.size)


def test_a_waveform_becomes_heights_and_noise(tmp_path: Path) -> None:
    (tmp_path / "wave.json").write_text('{"width": 4, "height": 140, "samples": [0, 70, 140, 35]}')
    ended = run("generate", "from-waveform", "wave.json", "--seconds", "1", "--out", "heard", cwd=tmp_path)
    assert (0, "") == (ended.code, ended.err)
    assert "envelope resynthesis" in ended.out
    assert [0, 500, 1000, 250] == json.loads((tmp_path / "heard.json").read_bytes())["samples"]
    with wave.open(str(tmp_path / "heard.wav")) as sound:
        assert 44_100 == sound.getnframes()


def test_one_height_is_told_as_one(tmp_path: Path) -> None:
    (tmp_path / "wave.json").write_text('{"samples": [1]}')
    ended = run("generate", "from-waveform", "wave.json", "--seconds", "1", cwd=tmp_path)
    assert (0, True) == (ended.code, "envelope.wav: 1 height, 1 s." in ended.out)


def test_a_damaged_picture_is_told_in_our_own_words(tmp_path: Path) -> None:
    Image.effect_noise((200, 100), 60).save(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "page.png").write_text("<html>")
    Image.new("L", (10_000, 10_000)).save(tmp_path / "large.png")
    for name, why in (
        ("cut.png", "it is damaged or cut off; name a PNG or JPEG of one, or JSON"),
        ("page.png", "it is no PNG, JPEG, WebP, GIF or BMP"),
        ("large.png", "it is too large: more than 40 million pixels"),
    ):
        ended = run("generate", "from-waveform", name, cwd=tmp_path)
        assert (2, "", 1) == (ended.code, ended.out, len(ended.err.splitlines()))
        assert f"{name} cannot be read as a picture of a waveform: {why}" in ended.err


def test_a_source_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "track.json").write_text('\ufeff{"samples": [0, 50, 100], "height": 100}', encoding="utf-8")
    before = (tmp_path / "track.json").read_bytes()
    ended = run("generate", "from-waveform", "track.json", "--seconds", "1", "--out", "track", cwd=tmp_path)
    assert (2, True) == (ended.code, "would overwrite track.json" in ended.err)
    assert before == (tmp_path / "track.json").read_bytes()
    assert 0 == run("generate", "from-waveform", "track.json", "--seconds", "1", "--out", "other", cwd=tmp_path).code


def test_what_never_ends_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for source in ("/dev/zero", "pipe"):
        ended = run("generate", "from-waveform", source, cwd=tmp_path)
        assert (2, True) == (ended.code, f"{source} is no file" in ended.err)
