from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asyncscrape.config.key_lines import Place, join_key, lines_of, split_key


def places(value: Any, place: Place = ()) -> set[Place]:
    """Every key and list item that tomllib found."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = {place} if place else set()
    return found.union(*(places(item, (*place, key)) for key, item in items))


PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""The machine may be busy; only the answers count."""

DOCUMENT = '''# a comment = "[x]"
name = "a # b" # c
odd."b.c".'d=e' = [1, # one
  2,
  "x]",
  """ab"
c""", {x = 1, y.z = [3,
4]}]

[politeness.hosts."api.example.org"]
delay = 1979-05-27 07:32:00
[ politeness ]   # after its own part
robots = true
[[page]]
match = ["/a",

         "/b"]
[page.fields]
"ke\\u0079" = 1
[[page]]
  [page.fields]
x = \'\'\'a\'\'\'\'\'
y = """a\\""""
z = """

[no.header]
"""
after = {}
[[page.deep]]
a = []
[[page.deep]]
a.b = -0.5
'''

LINES = {
    ("name",): 2,
    ("odd", "b.c", "d=e", 0): 3,
    ("odd", "b.c", "d=e", 3): 6,
    ("odd", "b.c", "d=e", 4): 7,
    ("odd", "b.c", "d=e", 4, "y", "z", 1): 8,
    ("politeness", "hosts", "api.example.org"): 10,
    ("politeness", "hosts", "api.example.org", "delay"): 11,
    ("politeness",): 12,
    ("page",): 14,
    ("page", 0, "match", 1): 17,
    ("page", 0, "fields", "key"): 19,
    ("page", 1): 20,
    ("page", 1, "fields", "z"): 24,
    ("page", 1, "fields", "after"): 28,
    ("page", 1, "deep", 1, "a", "b"): 32,
}


def test_every_key_and_item_has_its_line() -> None:
    found = lines_of(DOCUMENT)
    assert places(tomllib.loads(DOCUMENT)) == set(found)
    assert {place: found[place] for place in LINES} == LINES


KEYS = st.text("ab-_1", min_size=1, max_size=3) | st.text(
    st.characters(codec="utf-8", exclude_characters="\r\x7f", exclude_categories=("Cs",)), max_size=4
)
TEXTS = st.text(st.sampled_from("ab \"'\\[]{}#=,.\n\t"), max_size=8)


def quoted(text: str) -> str:
    escaped = "".join(
        f"\\U{ord(char):08x}" if char in '"\\' or ord(char) < 32 or ord(char) == 127 else char for char in text
    )
    return f'"{escaped}"'


@st.composite
def scalars(draw: st.DrawFn) -> str:
    text = draw(TEXTS)
    plain = text.replace("\n", "").replace("'", "")
    block = text.replace("'", "")
    return draw(
        st.sampled_from(
            [
                quoted(text),
                f"'{plain}'",
                f"'''\n{block}'''",
                f"'''{block}''x'''''",
                '"""' + quoted(text)[1:-1] + "\n  \\\n  " + '\\"""""',
                "1_000",
                "-1.5e3",
                "true",
                "1979-05-27 07:32:00.5+01:00",
                "07:32:00",
            ]
        )
    )


GAPS = st.sampled_from(["", " ", "\n", " # ]}, x = 1\n", "\n\n\t"])


@st.composite
def values(draw: st.DrawFn, depth: int = 2) -> str:
    kind = draw(st.sampled_from(["scalar", "list", "table"] if depth else ["scalar"]))
    if kind == "scalar":
        return draw(scalars())
    if kind == "list":
        items = [draw(GAPS) + draw(values(depth - 1)) + draw(GAPS) for _ in range(draw(st.integers(0, 3)))]
        return "[" + ",".join(items) + draw(GAPS) + "]"
    pairs = [f"{key} = {draw(values(depth - 1))}" for key in draw(st.lists(dotted(), max_size=3))]
    return "{ " + ", ".join(pairs) + " }"


@st.composite
def dotted(draw: st.DrawFn) -> str:
    parts = [
        quoted(part) if not part.isascii() or not part.replace("-", "a").replace("_", "a").isalnum() else part
        for part in draw(st.lists(KEYS, min_size=1, max_size=3))
    ]
    return draw(st.sampled_from([".", " . "])).join(parts)


@st.composite
def documents(draw: st.DrawFn) -> str:
    lines = []
    for _ in range(draw(st.integers(0, 8))):
        key = draw(dotted())
        form = draw(st.sampled_from(["[{}]", "[ {} ] # x", "[[{}]]", "pair", "pair", "pair"]))
        lines.append(form.format(key) if form != "pair" else f"{key} = {draw(values())}")
        lines.append(draw(st.sampled_from(["", "# [a]", "  \t"])))
    return "\n".join(lines)


@given(documents())
@PATIENT
def test_it_finds_the_same_keys_as_tomllib(document: str) -> None:
    try:
        data = tomllib.loads(document)
    except tomllib.TOMLDecodeError:  # a key twice, which the generator does not avoid
        return
    found = lines_of(document)
    assert places(data) == set(found)
    total = document.count("\n") + 1
    assert all(1 <= line <= total for line in found.values())
    lines = document.split("\n")
    assert all(
        place[-1] in lines[line - 1]
        for place, line in found.items()
        if isinstance(place[-1], str) and place[-1].isascii() and place[-1].isalnum()
    )


@given(st.lists(KEYS, min_size=1, max_size=4))
@PATIENT
def test_a_key_split_and_joined_is_the_same(parts: list[str]) -> None:
    assert tuple(parts) == split_key(join_key(tuple(parts)))


@pytest.mark.parametrize("text", ["", "a.", ".a", "a b", "a..b", '"x', "a=b", "ä"])
def test_text_that_is_not_a_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        split_key(text)
