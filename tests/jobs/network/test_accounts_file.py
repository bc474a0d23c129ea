"""The file of accounts: what people and the original project write, and what changes while the job runs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from asyncscrape.errors import ConfigError
from asyncscrape.jobs.network.accounts_file import ChangingFile, given, read
from asyncscrape.parsers.soundcloud.permalinks import permalink_in


def put(folder: Path, text: str | bytes) -> Path:
    path = folder / "accounts.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        "names,links,followers\nKGGN,kggn,12\nAx,axxturel,7\n",
        "followers,links,names\n12,kggn,KGGN\n7,axxturel,Ax\n",
        "emerge_date,followers,links,names\n2014-03-01 10:11:12.5,7,kggn,\n,,axxturel,x\n",
        "links\nkggn\naxxturel\n",
        "links\nkggn\naxxturel",
        "\ufefflinks;names\r\nkggn;夜 🎛️\r\naxxturel;a,b\r\n",
        "names\tlinks\nЖ\tkggn\nע\taxxturel\n",
        " Names , LINKS \n\nx, kggn \n\ny,axxturel\n",
        'names,links\n"a ""b"", c\nd",kggn\n#1 <b>,axxturel\n',
        "# for people\nlinks,names\n#axe,no\nkggn,x\n# 2\naxxturel,#\n",
        "names,links\n# the best,\nx,kggn\n# others\ny,axxturel\n",
        "links\nhttps://soundcloud.com/kggn\nHTTPS://m.SoundCloud.com/Axxturel/?utm=1#x\n",
        "links\n/kggn\n@axxturel\nKGGN\nhttp://www.soundcloud.com/axxturel/\n",
    ],
)
def test_files_are_read_as_they_are(tmp_path: Path, text: str) -> None:
    assert ["kggn", "axxturel"] == read(put(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("names,links\nx,kggn\nMika,\n", 3, '"" is not a permalink'),
        ("links,names\nkggn,x\n\n夜,y\n", 4, '"夜" is not a permalink'),
        ("links\nhttps://soundcloud.com/kggn/likes\n", 2, "write the last part of the account's address"),
        ("links\nhttps://example.org/kggn\n", 2, "is not a permalink"),
        ('names,links\n"a\nb",kggn\nc,d e\n', 4, '"d e" is not a permalink'),
        ("names,urls\nx,kggn\n", 1, 'has no column "links"; name it in the first line'),
        ("links,names\n", 0, "contains no accounts"),
        ("", 0, "contains no accounts"),
        (b"links\n\xff\n", 0, "is not UTF-8"),
    ],
)
def test_mistakes_are_told_with_their_lines(tmp_path: Path, text: str | bytes, line: int, said: str) -> None:
    path = put(tmp_path, text)
    with pytest.raises(ConfigError) as raised:
        read(path)
    [problem] = raised.value.problems
    assert (line, str(path)) == (problem.line, problem.file)
    assert said in problem.message


def test_all_mistakes_are_told_but_no_screenful(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        read(put(tmp_path, "links\n" + "not one\n" * 3 + "kggn\n" + "?\n" * 100))
    assert [2, 3, 4, 6, 7] == [problem.line for problem in raised.value.problems][:5]
    assert 20 == len(raised.value.problems)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "none.csv")


def test_those_of_the_config_come_first_and_each_once(tmp_path: Path) -> None:
    path = put(tmp_path, "links\nkggn\nthird\nKGGN\naxxturel\n")
    assert ["axxturel", "kggn", "third"] == given(("axxturel", "kggn"), path)
    assert ["axxturel"] == given(("axxturel", "axxturel"), None)


def test_long_files_are_read_at_once(tmp_path: Path) -> None:
    rows = (f'"夜 🎛️ {n}, dj",dj-{n},{n},2015-01-02 03:04:05' for n in range(50_000))
    path = put(tmp_path, "names,links,followers,emerge_date\n" + "\n".join(rows))
    begun = time.process_time()
    assert 50_000 == len(read(path))
    assert time.process_time() - begun < 5


def test_a_changed_file_is_read_again_and_half_of_one_does_no_harm(tmp_path: Path) -> None:
    path = put(tmp_path, "names,links\nA,kggn\n")
    file = ChangingFile(path)
    assert file.news() is None
    put(tmp_path, "names,links\nA,kggn\nB,axxturel\nC,thi")
    assert ["kggn", "axxturel"] == file.news()
    put(tmp_path, "names,links\nA,kggn\nB,axxturel\nC,third\nD")
    assert file.news() is None  # a row without a link
    put(tmp_path, "names,links\nA,kggn\nB,axxturel\nC,third\nD,fourth\n")
    assert ["kggn", "axxturel", "third", "fourth"] == file.news()
    for text in ("", "names,li", "links\n夜夜夜\n"):
        put(tmp_path, text)
        assert file.news() is None
    path.unlink()
    assert file.news() is None
    put(tmp_path, "links\nfifth")
    assert [] == file.news()
    assert ["fifth"] == file.news()  # it has stayed as it is, so its last line is whole
    assert file.news() is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("kggn", "kggn"),
        ("Under_score-9", "under_score-9"),
        ("soundcloud.com/kggn", "kggn"),
        ("https://soundcloud.com/kggn?si=1", "kggn"),
        ("https://soundcloud.com.example.org/kggn", None),
        ("https://soundcloud.com/", None),
        ("", None),
        ("a" * 101, None),
        ("kg gn", None),
    ],
)
def test_permalinks(told: str, expected: str | None) -> None:
    assert expected == permalink_in(told)
