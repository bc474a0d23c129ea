"""`generate cover --like` on a stored music job: its artworks decide about the hues."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from support.command import Ended
from support.crypto_jobs import Replica
from support.forked_command import run
from support.job_frontier import copy_jobs, state_file
from support.music_jobs import MusicJob, write_job
from support.music_walk import START

from asyncscrape.commands.artworks_to_follow import colours_to_follow
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.replica.scene import truth

ARTISTS = tuple(artist.username for artist in truth.artists()[:6])
MUSIC = {"artists": ARTISTS, "max_tracks": 15}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory, replica_process: Replica) -> MusicJob:
    """A job that has run, and whose comments were judged."""
    replica_process.forget()
    made = write_job(tmp_path_factory.mktemp("run") / "job", replica_process, START, music=MUSIC)
    assert 0 == made.run("--quiet").code
    assert 0 == made.run("comments", "--json", command="enrich").code
    return made


@pytest.fixture
def job(tmp_path: Path, stored: MusicJob, replica_process: Replica) -> MusicJob:
    """The same job in another folder."""
    copy_jobs(stored.folder, tmp_path / "job")
    return write_job(tmp_path / "job", replica_process, START, music=MUSIC)


def cover(job: MusicJob) -> Ended:
    return run("generate", "cover", "--mood", "0.6", "--like", job.config, cwd=job.folder)


def test_the_cover_takes_the_hue_of_the_artworks(job: MusicJob) -> None:
    """Without them, one of this mood is yellow, orange or green."""
    for artwork in (job.directory / "blobs/track-images").iterdir():
        Image.new("RGB", (50, 50), "blue").save(artwork, "JPEG")
    ended = cover(job)
    assert (0, "") == (ended.code, ended.err)
    assert "Its hues follow " in ended.out
    with Image.open(job.folder / "cover.png") as picture:
        assert (3000, 3000) == picture.size
        small = picture.convert("RGB").resize((1, 1), Image.Resampling.BOX)
    red, green, blue = small.tobytes()
    assert blue > max(red, green)


def test_the_same_artworks_give_the_same_colours(job: MusicJob) -> None:
    one, other = (colours_to_follow(Chosen(job.config)).near(0.6) for _ in range(2))
    assert (one.hues.tobytes(), one.chroma) == (other.hues.tobytes(), other.chroma)


def refused(job: MusicJob, why: str) -> None:
    ended = cover(job)
    assert (2, "", 1) == (ended.code, ended.out, len(ended.err.splitlines())), ended.err
    assert f"--like {job.config}: " in ended.err
    assert why in ended.err
    assert not (job.folder / "cover.png").exists()


def test_too_few_artworks_are_told(job: MusicJob) -> None:
    artworks = sorted((job.directory / "blobs/track-images").iterdir())
    for artwork in artworks[:-5]:
        artwork.write_bytes(b"<html>not here</html>")
    refused(job, "it takes 20, so add artists or tracks to the job")
    ended = cover(job)
    assert "more cannot be read" in ended.err


def test_a_job_whose_comments_nobody_has_judged_is_told_how(job: MusicJob) -> None:
    (job.directory / "track_sentiment.jsonl").unlink()
    refused(job, f"run:  asyncscrape enrich {job.config} comments")


@state_file
def test_artworks_that_are_not_kept_or_not_here_are_told(tmp_path: Path, replica_process: Replica) -> None:
    replica_process.forget()
    music = {"artists": ARTISTS[:1], "max_tracks": 2, "images": False}
    bare = write_job(tmp_path / "bare", replica_process, START, music=music)
    refused(bare, f"there is no job in {bare.directory}; ")
    assert 0 == bare.run("--quiet").code
    refused(bare, "the config has images = false; set images = true under [music]")
    away = {"records": ["jsonl"], "blobs": "s3://bucket/prefix"}
    refused(write_job(bare.folder, replica_process, START, music=music, store=away), "only those in a folder")


def test_another_kind_of_job_and_no_job_at_all_are_told(tmp_path: Path) -> None:
    (tmp_path / "coins.toml").write_text('name = "coins"\nkind = "crypto"\n', encoding="utf-8")
    ended = run("generate", "cover", "--like", "coins.toml", cwd=tmp_path)
    assert (2, True) == (ended.code, 'only a job of kind = "music"' in ended.err)
    ended = run("generate", "cover", "--like", "nothing.toml", cwd=tmp_path)
    assert (2, True) == (ended.code, "nothing.toml" in ended.err)
    assert [] == list(tmp_path.glob("*.png"))
