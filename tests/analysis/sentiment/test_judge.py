"""Comments are judged by what they mean to people who listen, alone or many at once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asyncscrape.analysis.sentiment.judge import TOGETHER, judge
from asyncscrape.analysis.sentiment.judgements import Judgement, Label

MEANINGS = {
    Label.POSITIVE: (
        "filthy",
        "banger",
        "this slaps",
        "🔥",
        "🔥🔥🔥🔥",
        "sick drop",
        "nasty bassline",
        "goosebumps",
        "take my money",
        "not bad at all",
        "SO GOOOOOD",
        "super geil",
        "une tuerie",
        "temazo",
        "最高",
        "огонь",
        "소름",
        "太好听了",
    ),
    Label.NEUTRAL: ("ID?", "track name?", "what bpm is this", "who sings", "wie heißt der track", "曲名は?"),
    Label.NEGATIVE: ("boring", "overrated", "👎", "not good", "langweilig", "no me gusta", "скучно", "つまらない"),
    Label.NOISE: ("https://example.org/x", "1:23", "@dj_koala", "asdkjh", ".", "check my new track", "follow me"),
}


@pytest.mark.parametrize(
    ("label", "comment"), [(label, comment) for label, comments in MEANINGS.items() for comment in comments]
)
def test_plain_comments_are_understood(label: Label, comment: str) -> None:
    assert label is judge([comment])[0].label


def test_what_is_sure_is_told_apart() -> None:
    told = judge(["boring", "hmm the moon walked past my cousin"])
    assert [True, False] == [one.sure for one in told]


def test_languages_and_scripts_are_told() -> None:
    comments = {
        "de": "ich finde den Bass richtig schön",
        "fr": "c'est vraiment trop bien cette voix",
        "ru": "очень красивый трек",
        "uk": "дуже гарний трек, дякую",
        "ja": "この曲が好きです",
        "ko": "이 노래 너무 좋아요",
        "zh": "这首歌太好听了",
        "ar": "اغنية جميلة جدا",
        "en": "I really love this song",
        "und": "🔥🔥",
    }
    assert list(comments) == [one.language for one in judge(list(comments.values()))]


@pytest.mark.parametrize("comment", ["", "   ", "\n\n", "\u200b", "\ufe0f"])
def test_an_empty_comment_says_nothing(comment: str) -> None:
    [told] = judge([comment])
    assert (Label.NOISE, True, "und") == (told.label, told.sure, told.language)


def test_no_comments_make_no_judgements() -> None:
    assert [] == judge([])


def test_each_comment_is_judged_by_itself() -> None:
    comments = ["this slaps", "boring", "", "ID?", "follow me"] * (TOGETHER // 3)
    alone = {comment: judge([comment])[0] for comment in set(comments)}
    assert [alone[comment] for comment in comments] == judge(comments)


def test_case_accents_and_zeal_change_little() -> None:
    for one, other in (("Así de aburrido", "ASI DE ABURRIDO"), ("loooooove it", "looove it"), ("👍🏽", "👍")):
        first, second = judge([one, other])
        assert (first.label, first.sure) == (second.label, second.sure)


@settings(max_examples=60)
@given(st.lists(st.text(max_size=60), max_size=8))
def test_any_text_gets_a_judgement(comments: list[str]) -> None:
    told = judge(comments)
    assert len(comments) == len(told)
    assert all(map(is_whole, told))


def test_half_characters_and_very_long_comments_are_judged() -> None:
    told = judge(["\ud800 nice", "nice " * 100_000, "\U0010ffff", "\x00\x1b[31m"])
    assert all(map(is_whole, told))


def is_whole(told: Judgement) -> bool:
    shares = {Label(name): getattr(told.probabilities, name) for name in told.probabilities.__struct_fields__}
    return abs(sum(shares.values()) - 1) < 0.001 and told.probability == max(shares.values()) == shares[told.label]
