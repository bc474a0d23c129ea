"""The encoding of a page is that of browsers, and none but theirs."""

from __future__ import annotations

import pytest

from asyncscrape.charset import decode, detect
from asyncscrape.charset_labels import OTHERS, SINGLE_BYTE

LATIN = b"caf\xe9"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("iso-8859-1", "cp1252"),
        ("US-ASCII", "cp1252"),
        ("ISO_8859-1:1987", "cp1252"),
        ("gb2312", "gb18030"),
        ("ks_c_5601-1987", "cp949"),
        ("Shift_JIS", "cp932"),
        ("big5", "big5hkscs"),
        ("tis-620", "cp874"),
        ("utf-16", "utf-16-le"),
        ("x-user-defined", "x-user-defined"),
        ('"koi8-r"', "koi8-r"),
        (" utf8 ; a=b", "utf-8"),
    ],
)
def test_a_label_means_what_it_means_to_browsers(label: str, codec: str) -> None:
    assert codec == detect(LATIN, f"text/html; charset={label}")


@pytest.mark.parametrize(
    "label",
    [
        *("punycode", "utf-7", "utf-32", "idna", "unicode_escape", "rot13", "base64", "mbcs", "cp037"),
        *("hz-gb-2312", "iso-2022-kr", "iso-2022-cn", "replacement"),
        *("u" * 8000, "../x", ""),
    ],
)
def test_a_label_that_browsers_do_not_know_is_passed_over(label: str) -> None:
    assert "cp1252" == detect(LATIN, f"text/html; charset={label}")
    assert "koi8-r" == detect(b"<meta charset='koi8-r'>", f"text/html; charset={label}")
    assert "utf-8" == detect(f'<?xml version="1.0" encoding="{label}"?><meta charset="{label}">'.encode(), "")


@pytest.mark.parametrize(
    ("page", "codec"),
    [
        ('<?xml version="1.0" encoding="ISO-8859-2"?><a/>', "iso8859-2"),
        ('<?xml version="1.0" encoding="ISO-8859-2"?><meta charset=koi8-u>', "koi8-u"),
        ('<META name="a" HTTP-EQUIV=content-type Content="text/html;CharSet = gbk">', "gb18030"),
        ('<meta content="text/html; charset=gbk">', "utf-8"),
        ("<!-- <meta charset=gbk> --><meta/charset=euc-jp>", "euc_jp"),
        ("<a title='<meta charset=gbk>'><meta charset = ' big5 '>", "big5hkscs"),
        ("<metadata charset=gbk><meta charset=gbk", "gb18030"),
        ("<meta charset=utf-16be>", "utf-8"),
        ("<meta charset=x-user-defined>", "cp1252"),
        ("<meta charset=utf-7 charset=gbk><meta charset=gbk>", "gb18030"),
        (f"{' ' * 4096}<meta charset=gbk>", "utf-8"),
    ],
)
def test_a_page_may_declare_its_encoding(page: str, codec: str) -> None:
    assert codec == detect(page.encode(), "text/html")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be"])
def test_the_first_bytes_count_most(encoding: str) -> None:
    text = '<?xml version="1.0"?><a>ä</a>'
    for body in (("\ufeff" + text).encode(encoding.removesuffix("-sig")), text.encode(encoding)):
        assert text == decode(body, detect(body, "text/xml; charset=koi8-r"))


@pytest.mark.parametrize("codec", [*SINGLE_BYTE, *OTHERS])
def test_bytes_without_a_character_become_one(codec: str) -> None:
    assert "a" in decode(b"a\0\xff\x81\xd8\0", codec).replace("愀", "a")
    if codec in SINGLE_BYTE:
        assert 256 == len(decode(bytes(range(256)), codec))


def test_private_characters_stand_for_the_bytes_of_no_encoding() -> None:
    assert "a\x7f\uf780\uf7ff" == decode(b"a\x7f\x80\xff", "x-user-defined")
