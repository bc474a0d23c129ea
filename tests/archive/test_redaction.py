"""What is taken out before an answer is kept, and what is not."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from asyncscrape.archive.redaction import BEFORE, WAYS, Redaction

NAMES = ("client_id", "oauth_token", "secret_token")
SECRET = "a1B2c3D4e5F6g7H8"
FORMS = (
    '{"client_id":"%s","n":1}',
    '{"client_id": "%s"}',
    "{client_id:'%s'}",
    '{client_id:"%s",env:"x"}',
    'x;client_id="%s"',
    "https://example.org/a?client_id=%s&b=1",
    "https://example.org/a#oauth_token=%s",
    "https://example.org/?to=https%%3A%%2F%%2Fa.example%%2F%%3Fclient_id%%3D%s%%26b%%3D1",
    'say("{\\"client_id\\":\\"%s\\"}")',
    "https://example.org/a?b=1&amp;client_id=%s",
    "https://example.org/a?b=1\\u0026client_id=%s",
    '{"CLIENT_ID":"%s"}',
)


@pytest.mark.parametrize("form", FORMS)
def test_the_value_of_a_name_goes_in_whatever_form(form: str) -> None:
    kept = Redaction(NAMES).of((form % SECRET).encode())
    assert SECRET.encode() not in kept
    assert kept == (form % "redacted").encode()


def test_numbers_go_and_what_has_no_value_stays() -> None:
    assert b'{"client_id": 0, "id": 7}' == Redaction(NAMES).of(b'{"client_id": 1234567, "id": 7}')
    assert b'{"secret_token":null}' == Redaction(NAMES).of(b'{"secret_token":null}')


@given(some.dictionaries(some.sampled_from(["client_id", "name", "n"]), some.text("abc1\u00e9 /", max_size=9)))
def test_json_stays_json(value: dict[str, str]) -> None:
    kept = json.loads(Redaction(NAMES).of(json.dumps(value).encode()))
    assert {name: text for name, text in value.items() if name != "client_id"} == {
        name: text for name, text in kept.items() if name != "client_id"
    }


def test_credentials_of_the_config_go_and_words_and_addresses_stay() -> None:
    redaction = Redaction(
        (), (f"Bearer {SECRET}", "https://example.org/", "Amsterdam", "de,en;q=0.9", "x/Y1z2W3/v4U5")
    )
    page = f'https://example.org/item/7 in Amsterdam {SECRET} "x\\/Y1z2W3\\/v4U5" ?k=x%2FY1z2W3%2Fv4U5'
    assert b'https://example.org/item/7 in Amsterdam redacted "redacted" ?k=redacted' == redaction.of(page.encode())


def test_a_password_goes_as_a_word_and_names_stay() -> None:
    redaction = Redaction(passwords=("summer", "short"))
    page = b'a midsummer day, summer2026, short, "a\\nsummer\\u00e9" ?to=%3Fp%3Dsummer%26a <p>summer</p>'
    stays = b'a midsummer day, summer2026, short, "a\\nredacted\\u00e9" ?to=%3Fp%3Dredacted%26a <p>redacted</p>'
    assert stays == redaction.of(page)


PIECES = (
    *(form % SECRET for form in FORMS),
    *('client_id="', "oauth_token:'", '"secret_token":', "client_id=", "oauth_token%3D"),
    *("client_id", "CLIENT_ID", "oauth_token", "secret_token", "my_", "x", "a1", "7", "redacted"),
    *('"', "'", '\\"', "\\", "=", ":", " ", "%3D", "%26", "&", "\\u0026", "{", "}", ",", "\n", "\u00e9"),
)


def everywhere(text: bytes) -> bytes:
    """What comes of trying each pattern in every place."""
    names = "|".join(NAMES).encode()
    for way, instead in WAYS:
        text = re.sub(way.replace(b"BEFORE", BEFORE).replace(b"NAMES", names), rb"\g<1>" + instead, text)
    return text


@given(some.lists(some.sampled_from(PIECES), max_size=30).map("".join))
def test_looking_only_where_names_stand_changes_nothing(text: str) -> None:
    assert everywhere(text.encode()) == Redaction(NAMES).of(text.encode())
