"""The file of artists, as people and their programs write it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from asyncscrape.errors import ConfigError
from asyncscrape.jobs.music.artists_file import Order, orders, read

NORA, KAI = Order("Nora Vale", "nora-vale"), Order("Kai M")


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "artists.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        "artist_name,permalink\nNora Vale,nora-vale\nKai M,\n",
        "\ufeffartist_name;permalink\r\nNora Vale;nora-vale\r\nKai M;\r\n",
        "permalink\tartist_name\nnora-vale\tNora Vale\n\tKai M\n",
        "n,Permalink,x,Artist_Name\n1,nora-vale,,Nora Vale\n2,,,Kai M\n",
        "# mine\n\nartist_name,permalink\n\nNora Vale,nora-vale\n,\n# no more\nKai M\n",
        "artist_name,permalink\n Nora  Vale ,https://soundcloud.com/Nora-Vale?si=1\nKai M,\nKai M,\n",
        "artist_name,permalink\nNora Vale,\nKai M,\nNora Vale,@nora-vale\n",
        'artist_name,permalink\n"Nora\nVale",soundcloud.com/nora-vale/\nKai M,',
    ],
)
def test_any_way_to_write_it_gives_each_artist_once(tmp_path: Path, text: str) -> None:
    assert [NORA, KAI] == read(written(tmp_path, text))


def test_names_are_all_that_is_needed(tmp_path: Path) -> None:
    path = written(tmp_path, "artist_name\nNora Vale\nŘehoř & Łukasz\nבועז\n")
    assert ["Nora Vale", "Řehoř & Łukasz", "בועז"] == [order.name for order in read(path)]
    assert all(not order.permalink for order in read(path))


def test_a_row_with_only_a_permalink_and_one_that_means_nobody(tmp_path: Path) -> None:
    path = written(tmp_path, "artist_name,permalink\n,nora-vale\nKai M,-\n")
    assert [Order("nora-vale", "nora-vale"), Order("Kai M", "-")] == read(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,permalink\nNora,x\n", ':1: has no column "artist_name"; name it in the first line'),
        ("", ": contains no artists"),
        ("artist_name\n\n,\n", ": contains no artists"),
        (b"artist_name\nM\xfcller\n", ": is not UTF-8; save the file in that encoding"),
        (
            "artist_name,permalink\nNora Vale,a\nNora Vale,b\n",
            ':3: gives "Nora Vale" another permalink than a line above; keep one of them',
        ),
        (
            "artist_name,permalink\nNora Vale,not a permalink\n",
            ':2: "not a permalink" is not a permalink; write the last part of the profile\'s address, '
            'like "nora-vale"',
        ),
        ("artist_name,permalink\n,-\n", ':2: "-" stands for nobody, so it needs a name'),
        (f"artist_name\n{'x' * 301}\n", ":2: the name is longer than 300 characters"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as raised:
        read(path)
    assert f"{path}{said}" == str(raised.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read(tmp_path / "none.csv")


def test_ten_thousand_names_are_read_at_once(tmp_path: Path) -> None:
    names = "".join(f"Artist {number % 9_000};artist-{number % 9_000}\r\n" for number in range(10_000))
    path = written(tmp_path, f"artist_name;permalink\r\n{names}")
    begun = time.process_time()
    assert 9_000 == len(read(path))
    assert time.process_time() - begun < 5


def test_names_of_the_config_come_before_those_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "artist_name,permalink\nNora Vale,nora-vale\n")
    assert [KAI, NORA] == orders(["Kai M"], path)
    assert [NORA, KAI] == orders(["Nora  Vale", "Kai M"], path)
