from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.waveform_pictures import LOOKS, loudness, picture, save

from asyncscrape.analysis.generation.envelopes import envelope_of, resynthesised
from asyncscrape.analysis.generation.waveform_reading import heights_of
from asyncscrape.errors import UsageError


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_a_picture_becomes_a_sound_that_is_as_loud(name: str, ending: str, tmp_path: Path) -> None:
    look = LOOKS[name]
    loud = loudness(np.random.default_rng(11), 600, look.bar + look.gap)
    if ending == ".jpg" and name == "a hole in grey":
        return  # white behind it is too much like the ground
    heights = heights_of(save(picture(loud, look), tmp_path / f"wave{ending}"))
    assert len(loud) == len(heights)
    sound = resynthesised(heights, 5)
    least = 0.98 if ending == ".png" else 0.95
    assert least < np.corrcoef(loud, envelope_of(sound, len(loud)))[0, 1]
    assert 0.1 < np.abs(sound).max() <= 1


def test_what_shows_no_waveform_is_refused(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    Image.fromarray(random.integers(0, 255, (90, 160, 3), np.uint8)).save(tmp_path / "noise.png")
    smooth = random.integers(0, 255, (6, 9, 3), np.uint8)
    Image.fromarray(smooth).resize((320, 200), Image.Resampling.BICUBIC).save(tmp_path / "photo.jpg")
    Image.new("RGB", (300, 100), (200, 10, 10)).save(tmp_path / "plain.png")
    Image.new("RGB", (3, 3), (200, 10, 10)).save(tmp_path / "small.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "noise.png").read_bytes()[:2000])
    (tmp_path / "text.png").write_text("<html>not here</html>")
    (tmp_path / "empty.png").write_bytes(b"")
    files = sorted(tmp_path.iterdir())
    assert 7 == len(files)
    for path in files:
        with pytest.raises(UsageError) as told:
            heights_of(path)
        assert path.name in str(told.value)
        assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[1, 2]",
        '{"samples": []}',
        '{"samples": [0, 0]}',
        '{"samples": [1, -1]}',
        '{"samples": [1, 2], "height": 1}',
        '{"samples": [1, 1e999]}',
        '{"samples": ["a"]}',
        '{"samples": [1',
        "{\xff",
    ],
)
def test_json_without_a_waveform_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "wave.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=r"wave\.json") as told:
        heights_of(path)
    assert "\n" not in str(told.value)


def test_json_is_read_in_shares_of_its_height(tmp_path: Path) -> None:
    path = tmp_path / "wave.json"
    path.write_text('{"width": 3, "height": 140, "samples": [0, 70, 140]}')
    assert [0, 0.5, 1] == heights_of(path).tolist()
    path.write_text('{"samples": [1, 2]}')
    assert [0.5, 1] == heights_of(path).tolist()


def test_the_sound_of_silence_is_silent() -> None:
    assert not resynthesised(np.array([0.0, 0.0]), 1).any()
    loud = envelope_of(resynthesised(np.array([1.0, 0.0, 0.0, 0.0, 1.0]), 1), 5)
    assert loud[2] < 0.01 < 0.9 < loud[0]
