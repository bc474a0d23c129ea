"""Half a character costs no answer of an API either."""

from __future__ import annotations

import msgspec
import pytest
from support.responses import response

from asyncscrape.parsers.beatport.api import answered
from asyncscrape.parsers.beatport.offer_reader import offers_of
from asyncscrape.parsers.coinmarketcap.api_answers import answer
from asyncscrape.parsers.half_characters import decoded_whole


class Named(msgspec.Struct):
    name: str


def test_only_halves_are_replaced() -> None:
    decode = msgspec.json.Decoder(Named).decode
    assert "a\ufffd" == decoded_whole(decode, msgspec.Raw(rb'{"name": "a\ud83d"}')).name
    assert "😀\\ud83d" == decoded_whole(decode, rb'{"name": "\ud83d\ude00\\ud83d"}').name
    with pytest.raises(msgspec.ValidationError):
        decoded_whole(decode, b'{"name": 1}')
    with pytest.raises(msgspec.DecodeError):
        decoded_whole(decode, b'{"name": "\\ud83d"')


def test_apis_answer_all_the_same() -> None:
    body = rb'{"status": {"error_code": "0"}, "data": "\ud83d!", "tracks": [{"id": 1, "name": "\udc00 One"}]}'
    assert "\ufffd!" == answer(response(body, "application/json"))
    assert "\ufffd One" == answered(response(body, "application/json"))["tracks"][0]["name"]
    [offer] = offers_of([msgspec.Raw(rb'{"id": 1, "name": "\udc00 One"}')], 1)
    assert "\ufffd One" == offer.name
