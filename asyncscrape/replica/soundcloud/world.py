"""Everybody and everything that SoundCloud knows: the music scene as it is in one week, and the crowd beside it.

Whose something is shows in its id, so each question goes to the one truth or the other; the shapes never ask which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from asyncscrape.replica.crowd import truth as crowd_truth
from asyncscrape.replica.crowd.id_ranges import comment_id, is_of_crowd, place_of_account
from asyncscrape.replica.crowd.nouns import Act, Crowd, LikedPlaylist, MemberState
from asyncscrape.replica.scene import truth, word_lists
from asyncscrape.replica.scene.nouns import Comment, Profile, UploadedTrack
from asyncscrape.replica.soundcloud import social


@dataclass(frozen=True)
class World:
    """What there is, of which week and with which crowd."""

    weeks: int
    crowd: Crowd

    def profile(self, user_id: int) -> Profile | None:
        """Somebody; None if nobody has the id, or no longer."""
        if not is_of_crowd(user_id):
            return truth.profile(user_id, self.weeks)
        known = crowd_truth.account(self.crowd, user_id)
        return known.profile if known and known.state is not MemberState.DELETED else None

    def by_permalink(self, permalink: str) -> Profile | None:
        """Whoever has the permalink, or had it before."""
        known = truth.profiles_by_permalink().get(permalink)
        if known is not None:
            return known
        other = crowd_truth.account(self.crowd, permalink)
        return other.profile if other and other.state is not MemberState.DELETED else None

    def uploads_of(self, user_id: int, hidden: bool = False) -> Sequence[UploadedTrack]:
        """The uploads of somebody, newest first; the private and the deleted ones only if `hidden`."""
        if is_of_crowd(user_id):
            return crowd_truth.uploads_of(self.crowd, user_id)
        return truth.uploads_of(user_id, self.weeks, hidden)

    def number_of_uploads(self, user_id: int) -> int:
        """How many uploads of somebody the public may see."""
        if is_of_crowd(user_id):
            return crowd_truth.number_of_uploads(self.crowd, user_id)
        return len(truth.uploads_of(user_id, self.weeks))

    def upload(self, track_id: int) -> UploadedTrack | None:
        """An upload; None if it is not there (yet)."""
        if is_of_crowd(track_id):
            return crowd_truth.upload(self.crowd, track_id)
        return truth.upload(track_id, self.weeks)

    def upload_by_path(self, path: str) -> UploadedTrack | None:
        """The upload at "artist/permalink"."""
        found = truth.upload_by_path(path, self.weeks)
        by = None if found else self.by_permalink(path.partition("/")[0])
        if by is None or not is_of_crowd(by.id):
            return found
        name = path.partition("/")[2]
        return next((one for one in self.uploads_of(by.id) if one.permalink == name), None)

    def comments_under(self, track_id: int) -> Sequence[Comment]:
        """The comments under an upload, oldest first. Those of the crowd are told of by their writers alone."""
        return () if is_of_crowd(track_id) else truth.comments_of(track_id, self.weeks)

    def deeds_of(self, user_id: int, kind: str) -> Sequence[Act]:
        """The "likes" or "reposts" of somebody, newest first."""
        if is_of_crowd(user_id):
            return crowd_truth.deeds_of(self.crowd, user_id, kind)
        return social.deeds_of(user_id, kind)

    def playlist(self, playlist_id: int) -> LikedPlaylist:
        """A playlist that somebody likes."""
        if is_of_crowd(playlist_id):
            return crowd_truth.playlist(self.crowd, playlist_id)
        return social.playlist(playlist_id)

    def followings_of(self, user_id: int) -> Sequence[int]:
        """The ids of those whom somebody follows."""
        if is_of_crowd(user_id):
            return [deed.target_id for deed in crowd_truth.deeds_of(self.crowd, user_id, "follows")]
        return [one.id for one in social.followings_of(user_id)]

    def followers_of(self, user_id: int) -> Sequence[int]:
        """The ids of those who follow somebody; for the crowd nobody has turned the lists round."""
        return () if is_of_crowd(user_id) else [one.id for one in social.followers_of(user_id)]

    def written_by(self, user_id: int) -> Sequence[Comment]:
        """The comments that somebody has written, newest first."""
        if not is_of_crowd(user_id):
            return social.written_by(user_id)
        deeds = crowd_truth.deeds_of(self.crowd, user_id, "comments")
        return [
            self._comment(user_id, deed, number) for number, deed in zip(range(len(deeds), 0, -1), deeds, strict=True)
        ]

    def _comment(self, user_id: int, deed: Act, number: int) -> Comment:
        place = place_of_account(user_id, self.crowd.accounts)
        assert place is not None
        words = (*word_lists.PRAISE, *word_lists.MOMENT_PRAISE)
        return Comment(
            id=comment_id(place, number),
            upload=deed.sound_id,
            by=self.profile(user_id),
            user_id=user_id,
            body=words[(place + number * 7) % len(words)],
            created_at=deed.time,
            at_ms=None if number % 40 == 0 else number * 7_919 % 120_000,
        )
