"""Pictures that came from the web, where a file may be anything: opened within limits, or refused in words."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

from asyncscrape.unreadable import why_unreadable

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
MOST_PIXELS = 40_000_000
"""A small file can hold so many more that a hundred such take minutes."""
DAMAGE = (ArithmeticError, EOFError, LookupError, OSError, RuntimeError, SyntaxError, TypeError, ValueError)
"""What reading a damaged or hostile file may raise."""


class BadPicture(Exception):
    """Why a file is no picture that can be used, as a sentence about "it"."""


@contextmanager
def web_picture(file: Path | IO[bytes]) -> Iterator[Image.Image]:
    """The picture in a file. Raises BadPicture, also for damage that shows only when its pixels are read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise BadPicture(f"it is too large: {picture.width} by {picture.height} pixels")
                yield picture
    except UnidentifiedImageError as error:
        raise BadPicture("it is no PNG, JPEG, WebP, GIF or BMP, or its beginning is damaged") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadPicture(f"it is too large: more than {MOST_PIXELS // 10**6} million pixels") from error
    except (*DAMAGE, struct.error) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise BadPicture(why_unreadable(error)) from error
        raise BadPicture("it is damaged or cut off") from error


def small_square(file: Path | IO[bytes], side: int) -> Image.Image:
    """The middle of a picture, so many pixels wide and high; what can be seen through is white. Raises BadPicture."""
    with web_picture(file) as picture:
        picture.draft("RGB", (side, side))
        if not picture.has_transparency_data:
            return ImageOps.fit(picture.convert("RGB"), (side, side), Image.Resampling.LANCZOS)
        seen = ImageOps.fit(picture.convert("RGBA"), (side, side), Image.Resampling.LANCZOS)
    return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")
