"""What commands print into a pipe: nothing is cut, and no line is filled up with blanks."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.forked_command import run

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "config/shop.toml"
PAGE = "https://shop.example.org/record/bfy-0386-endless-harbour"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that met errors."""
    folder = tmp_path_factory.mktemp("data")
    ended = run("run", SHOP, "--data", folder, "--max-pages", "100")
    assert 10 == ended.code
    assert_trimmed(ended.out)
    assert_trimmed(ended.err)
    return folder


@pytest.mark.parametrize(
    "words", [("check", SHOP), ("try", SHOP, PAGE), ("status", SHOP), ("errors", SHOP)], ids=lambda words: words[0]
)
def test_no_line_ends_with_blanks(data: Path, words: tuple[str, ...]) -> None:
    ended = run(*words, "--data", data)
    assert 0 == ended.code, ended.err
    assert_trimmed(ended.out)


def assert_trimmed(text: str) -> None:
    assert [line.rstrip() for line in text.splitlines()] == text.splitlines()
