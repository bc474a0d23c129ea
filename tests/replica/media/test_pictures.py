"""The replica's pictures, decoded by Pillow."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from asyncscrape.replica.media import jpeg, png
from asyncscrape.replica.media.drawings import TONES, drawing, seed

SIZES = [(500, 500), (590, 404), (1240, 260), (1, 1), (37, 101)]


def decoded(picture: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(picture))
    image.load()
    return image


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_jpeg_is_decoded_in_its_size(width: int, height: int) -> None:
    image = decoded(jpeg.picture("night-shift", width, height))
    assert ("JPEG", (width, height), "RGB") == (image.format, image.size, image.mode)
    assert "progressive" not in image.info


@pytest.mark.parametrize(("width", "height"), [*SIZES, (1500, 250)])
def test_png_is_decoded_in_its_size(width: int, height: int) -> None:
    for picture in (png.picture("night-shift", width, height), png.waveform("night-shift", width, height)):
        image = decoded(picture)
        assert ("PNG", (width, height)) == (image.format, image.size)


def test_a_jpeg_shows_its_drawing() -> None:
    key = "night-shift"
    shown = np.asarray(decoded(jpeg.picture(key, 200, 200)).convert("YCbCr"), np.float64)[:, :, 0]
    tones = drawing(seed(key) % 60, 200, 200)
    assert 0.95 < abs(np.corrcoef(shown.ravel(), tones.ravel())[0, 1])


def test_a_png_shows_its_drawing() -> None:
    key = "night-shift"
    shown: NDArray[np.uint8] = np.asarray(decoded(png.picture(key, 301, 200)))
    assert np.array_equal(drawing(seed(key) % 60, 301, 200), shown)
    assert shown.max() < TONES


def test_a_waveform_is_mirrored_around_its_loudest_line() -> None:
    shown = np.asarray(decoded(png.waveform("night-shift")))
    assert np.array_equal(shown, shown[::-1])
    assert (0, 2) == (shown[0].min(), shown[124].max())


def test_every_key_has_bytes_of_its_own() -> None:
    keys = [f"cover {number}" for number in range(2_000)]
    for draw in (jpeg.picture, png.picture, png.waveform):
        assert len(keys) == len({draw(key, 40, 40) for key in keys})


def test_a_picture_is_the_same_whenever_it_is_asked_for() -> None:
    assert jpeg.picture("night-shift", 64, 64) == jpeg.picture("night-shift", 64, 64)
    assert png.waveform("night-shift", 64, 64) == png.waveform("night-shift", 64, 64)


def test_pictures_are_small() -> None:
    sizes = [len(jpeg.picture(f"cover {number}", 500, 500)) for number in range(14)]
    assert max(sizes) < 16_000
    assert len(png.waveform("night-shift")) < 16_000
