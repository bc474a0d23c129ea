"""Musical keys: every spelling of a key is one key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asyncscrape.musical_keys import MAJOR, MINOR, by_id, key_of

PITCHES = {
    0: ("C", "B#"), 1: ("C#", "Db"), 2: ("D",), 3: ("D#", "Eb"), 4: ("E", "Fb"), 5: ("F", "E#"),
    6: ("F#", "Gb"), 7: ("G",), 8: ("G#", "Ab"), 9: ("A",), 10: ("A#", "Bb"), 11: ("B", "Cb"),
}  # fmt: skip
MODES = {
    False: ("m", " min", " minor", "min", " Minor", "-minor", " MINOR", " min."),
    True: ("", " maj", " major", "maj", " Major", "M"),
}


@pytest.mark.parametrize(
    "told", ["A♭ min", "Ab Minor", "1A", "G# minor", "G♯m", "Abm", "ab minor", "A flat minor", "01a", " G♯ min "]
)
def test_spellings_of_one_key(told: str) -> None:
    assert ("Ab minor", "1A") == key_of(told)


@pytest.mark.parametrize("told", ["C maj", "C", "8B", "C major", "CM", 20])
def test_spellings_of_c_major(told: str | int) -> None:
    assert ("C major", "8B") == key_of(told)


def test_a_key_object_is_read_by_its_name_its_place_or_its_id() -> None:
    named = {"id": 1, "name": "Ab Minor", "camelot_number": 1, "camelot_letter": "A", "letter": "A", "is_flat": True}
    assert ("Ab minor", "1A") == key_of(named)
    assert ("Ab minor", "1A") == key_of({**named, "id": 31, "name": "G# Minor"})
    assert ("Ab minor", "1A") == key_of({**named, "name": None})
    assert ("Ab minor", "1A") == key_of({"id": 1})


@pytest.mark.parametrize(
    "told", [None, "", "H minor", "13A", "0A", "unknown", 0, 25, 35, {}, {"name": None}, [], "Ab minor 7", 1.5]
)
def test_what_tells_no_key(told: object) -> None:
    assert key_of(told) is None


@given(st.sampled_from(sorted(PITCHES)), st.booleans(), st.data())
def test_all_spellings_of_a_pitch_and_mode_agree(pitch: int, major: bool, data: st.DataObject) -> None:
    spelling = st.sampled_from(PITCHES[pitch]).flatmap(
        lambda tonic: st.sampled_from([tonic + m for m in MODES[major]])
    )
    one, other = (data.draw(spelling) for _ in range(2))
    if len(other) > 1 and other[1] in "b#" and data.draw(st.booleans()):
        other = other[0] + {"b": "♭", "#": "♯"}[other[1]] + other[2:]
    key = key_of(one)
    assert key is not None
    assert key == key_of(other) == key_of(key.camelot) == key_of(key.name)


@given(st.integers(1, 24))
def test_an_id_is_a_place_on_the_wheel(number: int) -> None:
    key = by_id(number)
    assert key is not None
    assert key == key_of(f"{(number - 1) % 12 + 1}{'A' if number <= 12 else 'B'}") == key_of(key.name)
    assert key.name.split()[0] == (MINOR + MAJOR)[number - 1]


def test_neighbours_on_the_wheel_are_a_fifth_apart() -> None:
    pitch = {name: number for number, names in PITCHES.items() for name in names}
    for wheel in (MINOR, MAJOR):
        steps = {
            (pitch[after] - pitch[before]) % 12 for before, after in zip(wheel, wheel[1:] + wheel[:1], strict=True)
        }
        assert {7} == steps
