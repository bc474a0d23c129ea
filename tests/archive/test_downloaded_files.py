"""Files that were downloaded from an archive in S3: those that are in use stay."""

from __future__ import annotations

from pathlib import Path

from asyncscrape.storage.archive.downloaded_files import Downloads


def test_files_are_downloaded_once_and_the_oldest_make_room(tmp_path: Path) -> None:
    folder = tmp_path / "downloaded"
    folder.mkdir()
    (folder / "left by a kill").touch()
    shelf = Shelf({name: name.encode() * 10 for name in "abcd"})
    downloads = Downloads(folder, shelf, most=19, in_use=1)
    for name in "aabbcd":
        assert name.encode() * 10 == downloads.path(name).read_bytes()
    assert list("abcd") == shelf.downloaded
    assert ["c", "d"] == sorted(path.name for path in folder.iterdir())
    assert (b"dd", b"") == (downloads.read("d", 3, 2), downloads.read("a", 3, 2))
    downloads.clear()
    assert not folder.exists()


class Shelf:
    """Objects that can be downloaded."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self.contents = contents
        self.downloaded: list[str] = []

    def download(self, name: str, file: Path) -> None:
        self.downloaded.append(name)
        file.write_bytes(self.contents[name])


def test_the_file_that_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    downloads = Downloads(tmp_path / "downloaded", Shelf(dict.fromkeys("abc", b"0123456789")), most=19, in_use=1)
    for name in "abac":
        downloads.path(name)
    assert ["a", "c"] == sorted(path.name for path in (tmp_path / "downloaded").iterdir())


def test_files_in_use_stay_even_if_there_are_too_many(tmp_path: Path) -> None:
    downloads = Downloads(tmp_path / "downloaded", Shelf(dict.fromkeys("abcde", b"0123456789")), most=5, in_use=3)
    handed_out = [downloads.path(name) for name in "abcde"]
    assert [False, True, True, True, True] == [path.exists() for path in handed_out]


def test_a_file_that_somebody_has_deleted_is_downloaded_again(tmp_path: Path) -> None:
    downloads = Downloads(tmp_path / "downloaded", Shelf({"a": b"0123456789"}))
    downloads.path("a").unlink()
    assert b"0123456789" == downloads.path("a").read_bytes()
