"""Pictures of waveforms, as sites draw them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Colour = tuple[int, int, int, int]


class Look(NamedTuple):
    """How a waveform is drawn."""

    ground: Colour
    wave: Colour
    bar: int = 1
    """Pixels."""
    gap: int = 0
    centred: bool = True


LOOKS = {
    "orange on white": Look((255, 255, 255, 255), (240, 90, 10, 255)),
    "on nothing": Look((0, 0, 0, 0), (60, 60, 60, 255)),
    "a hole in grey": Look((239, 239, 239, 255), (0, 0, 0, 0)),
    "bars on black": Look((20, 20, 24, 255), (90, 200, 255, 255), 2, 1),
    "wide bars": Look((255, 255, 255, 255), (40, 40, 40, 255), 5, 3),
    "standing on the edge": Look((250, 250, 245, 255), (120, 30, 160, 255), centred=False),
}


def loudness(random: np.random.Generator, points: int, bars: int = 1) -> NDArray[np.float64]:
    """How loud a track might be: long swells, passages, beats, and a little noise; the same for all of a bar."""
    time = np.linspace(0, 1, points)
    loud = 0.4 + 0.2 * np.sin(2 * np.pi * (time * random.uniform(1, 3) + random.random()))
    for _ in range(5):
        begin, end = np.sort(random.random(2))
        loud += ((time > begin) & (time < end)) * random.uniform(-0.3, 0.3)
    loud *= 1 - 0.5 * random.random() * (time * points / 20 % 1)
    loud = np.clip(loud + random.normal(0, 0.03, points), 0.02, 1)
    return np.asarray(loud[np.arange(points) // bars * bars])


def picture(loud: NDArray[np.float64], look: Look, height: int = 280) -> Image.Image:
    """The waveform of a track, a column for each height."""
    image = Image.new("RGBA", (len(loud), height), look.ground)
    draw = ImageDraw.Draw(image)
    for column, value in enumerate(loud):
        if look.gap == 0 or column % (look.bar + look.gap) < look.bar:
            tall = value * height
            top = (height - tall) / 2 if look.centred else height - tall
            draw.line([(column, top), (column, top + tall - 1)], fill=look.wave)
    return image


def save(image: Image.Image, path: Path, quality: int = 80) -> Path:
    """Save a picture; a JPEG has no transparency, so white is behind it."""
    if path.suffix == ".jpg":
        white = Image.new("RGB", image.size, (255, 255, 255))
        white.paste(image, mask=image.getchannel("A"))
        white.save(path, quality=quality)
    else:
        image.save(path)
    return path
