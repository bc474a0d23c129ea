"""Reads the notes of a MIDI file, as far as the program writes such files."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple


class MidiNote(NamedTuple):
    """A note, with times in beats."""

    start: float
    length: float
    pitch: int
    channel: int


class MidiNotes(NamedTuple):
    """What a file plays."""

    bpm: float
    notes: list[MidiNote]


def notes_of(file: bytes) -> MidiNotes:
    """The tempo and the notes, by their start."""
    kind, length, _, tracks, ticks = struct.unpack(">4sIHHH", file[:14])
    assert (kind, length) == (b"MThd", 6)
    place, bpm, notes = 14, 0.0, []
    for _ in range(tracks):
        kind, length = struct.unpack(">4sI", file[place : place + 8])
        assert kind == b"MTrk"
        sounding: dict[tuple[int, int], int] = {}
        for tick, status, data in events(file[place + 8 : place + 8 + length]):
            if status == 0xFF and data[0] == 0x51:
                bpm = 60e6 / int.from_bytes(data[1:], "big")
            elif status & 0xF0 == 0x90:
                sounding[status & 0xF, data[0]] = tick
            elif status & 0xF0 == 0x80:
                begin = sounding.pop((status & 0xF, data[0]))
                notes.append(MidiNote(begin / ticks, (tick - begin) / ticks, data[0], status & 0xF))
        assert not sounding
        place += 8 + length
    assert place == len(file)
    return MidiNotes(bpm, sorted(notes))


def events(track: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Tick, status and data of each event."""
    place = tick = 0
    while place < len(track):
        wait, place = number(track, place)
        tick += wait
        status = track[place]
        if status == 0xFF:
            size, start = number(track, place + 2)
            yield tick, status, track[place + 1 : place + 2] + track[start : start + size]
            place = start + size
        else:
            size = 1 if status & 0xF0 == 0xC0 else 2
            yield tick, status, track[place + 1 : place + 1 + size]
            place += 1 + size


def number(track: bytes, place: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    value = 0
    while True:
        value = value << 7 | track[place] & 0x7F
        place += 1
        if not track[place - 1] & 0x80:
            return value, place
