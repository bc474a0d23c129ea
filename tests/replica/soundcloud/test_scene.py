"""The invented scene: what it holds, and how a week moves it on."""

from collections import Counter
from datetime import timedelta
from unicodedata import name

from asyncscrape.replica.scene import truth
from asyncscrape.replica.scene.nouns import UploadedTrack
from asyncscrape.replica.scene.people import START

SET = 15 * 60_000


def everything() -> list[UploadedTrack]:
    """All uploads, hidden ones too."""
    return [track for user_id in truth.profiles() for track in truth.uploads_of(user_id, hidden=True)]


def test_the_scene_has_its_size() -> None:
    tracks = everything()
    comments = [comment for track in tracks for comment in truth.comments_of(track.id)]
    assert (300, 6_000, 60_000) == (len(truth.artists()), len(tracks), len(comments))
    assert (6_000, 60_000) == (len({track.id for track in tracks}), len({comment.id for comment in comments}))
    assert 6_000 == len({(track.by.permalink, track.permalink) for track in tracks})
    assert len(truth.profiles()) == len(truth.profiles_by_permalink())
    assert min(track.id for track in tracks) > 2.2e9
    assert min(comment.id for comment in comments) > 2.1e9


def test_tails_are_heavy() -> None:
    tracks = everything()
    numbers = sorted(len(truth.comments_of(track.id)) for track in tracks)
    assert [2_417, 1_803, 1_420, 1_266, 1_107, 1_031] == numbers[:-7:-1]
    assert numbers.count(0) > 2_000
    assert max(len(truth.uploads_of(one.id)) for one in truth.artists()) > 100
    followers = sorted(one.followers for one in truth.artists())
    assert followers[-1] > 50 * followers[150]


def test_comments_are_in_many_scripts() -> None:
    written = "".join(
        comment.body
        for one in truth.artists()[:60]
        for track in truth.uploads_of(one.id)
        for comment in truth.comments_of(track.id)
    )
    seen = {name(letter, "?").split(" ")[0] for letter in set(written)}
    wanted = {"LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "HIRAGANA", "KATAKANA", "HANGUL", "CJK", "THAI"}
    assert set() == wanted - seen
    assert all(mark in written for mark in "\n\u200f\u200d\u0301🔥")


def test_comments_bunch_around_the_moments_of_a_track() -> None:
    track = max(everything(), key=lambda track: len(truth.comments_of(track.id)))
    times = [comment.at_ms for comment in truth.comments_of(track.id) if comment.at_ms is not None]
    near = sum(any(abs(time - moment) < 10_000 for moment in truth.moments_of(track)) for time in times)
    assert near > 0.5 * len(times)
    assert None in {comment.at_ms for comment in truth.comments_of(track.id)}
    assert None in {comment.by for comment in truth.comments_of(track.id)}


def test_the_shop_has_most_recordings_and_much_that_can_be_mistaken_for_them() -> None:
    proper = [track for track in everything() if track.duration_ms < SET]
    with_sold = [track for track in proper if track.sold]
    assert 0.55 < len(with_sold) / len(proper) < 0.67
    on_the_shelf = set(truth.sold_tracks())
    assert all(track.sold in on_the_shelf for track in with_sold)
    assert len(on_the_shelf - {track.sold for track in with_sold}) > 1_500
    lengths = [
        (track.sold.length_ms, track.duration_ms) for track in with_sold if track.sold and track.sold.length_ms
    ]
    assert all(abs(sold - played) <= 400 for sold, played in lengths)
    tempi = [one.bpm for one in on_the_shelf if one.bpm]
    assert (110, 150) == (min(tempi), max(tempi))
    assert set(range(1, 35)) == {one.key for one in on_the_shelf if one.key}


def test_uploads_have_their_quirks() -> None:
    tracks = everything()
    assert {"ALLOW", "MONETIZE", "SNIP", "BLOCK"} == {track.policy for track in tracks}
    assert any(track.private for track in tracks)
    assert any(track.deleted for track in tracks)
    quiet = [track for one in truth.artists() if one.quiet for track in truth.uploads_of(one.id)]
    assert {(None, None, None, None)} == {(one.likes, one.reposts, one.plays, one.comment_count) for one in quiet}
    assert {()} == {tuple(truth.comments_of(track.id)) for track in quiet}
    for column in ("genre", "description", "artwork", "likes", "comment_count"):
        nulls = sum(getattr(track, column) is None for track in tracks if not track.by.quiet)
        assert 0 < nulls < 3_000, column
    assert 0 < sum(track.isrc is not None and track.isrc == (track.sold and track.sold.isrc) for track in tracks)
    by_labels = [track for one in truth.labels() for track in truth.uploads_of(one.id)]
    assert any(track.title.startswith("PREMIERE: ") for track in by_labels)


def test_a_search_finds_the_artist_first_but_for_some_whose_namesake_is_bigger() -> None:
    wrong = []
    for artist in truth.artists():
        big = [one for one in truth.found(artist.username)[:5] if one.followers >= 1_000]
        wrong += [artist] if big[0] != artist else []
    assert list(truth.mistakable()) == wrong
    assert 5 == len(wrong)
    small_ones_first = [one for one in truth.artists() if truth.found(one.username)[0].followers < 1_000]
    assert len(small_ones_first) > 5
    assert [] == list(truth.found("Nobody With This Name"))


def test_a_week_brings_tracks_comments_and_counts_and_keeps_ids() -> None:
    some = truth.artists()[::5]
    before = [track for one in some for track in truth.uploads_of(one.id)]
    now = {track.id: track for one in some for track in truth.uploads_of(one.id, 1)}
    new = now.keys() - {track.id for track in before}
    assert len(new) == len(now) - len(before) > 20
    assert all(START <= now[one].created_at < START + timedelta(weeks=1) for one in new)
    for track in before:
        told, then = truth.comments_of(track.id), truth.comments_of(track.id, 1)
        assert told == then[: len(told)]
        assert now[track.id].comment_count in (None, len(then))
        assert track.plays is None or (now[track.id].plays or 0) > track.plays
    ids = Counter(comment.id for track in now for comment in truth.comments_of(track, 1))
    assert 1 == max(ids.values())
    assert ids.total() > 50 + sum(len(truth.comments_of(track.id)) for track in before)
    assert len(truth.sold_tracks(1)) > len(truth.sold_tracks())
