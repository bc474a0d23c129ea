"""Scores as MIDI files of format 1: a track of tempo and metre, and a track for each instrument."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from asyncscrape.analysis.generation.score import DRUMS, Score, ScoreNote, ScorePart, Voice

TICKS = 480
"""In a beat."""
DRUM_CHANNEL = 9
"""The tenth, which General MIDI keeps for drums."""
STROKES = {Voice.KICK: 36, Voice.CLAP: 39, Voice.HAT: 42, Voice.OPEN_HAT: 46}
"""The number of each drum in General MIDI."""
PROGRAMS = {Voice.BASS: 38, Voice.LEAD: 80, Voice.PAD: 89}
"""The sound of each instrument in General MIDI: synth bass, square lead, warm pad."""
NOTE_OFF, NOTE_ON, PROGRAM = 0x80, 0x90, 0xC0
TEMPO, METRE, NAME, END = 0x51, 0x58, 0x03, 0x2F

Event = tuple[int, bytes]
"""The tick at which something happens, and its bytes."""


def midi(score: Score) -> bytes:
    """The file."""
    tracks = [_track(_head(score)), *(_track(_events(part, channel)) for channel, part in _channels(score))]
    return b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), TICKS) + b"".join(tracks)


def _channels(score: Score) -> Iterator[tuple[int, ScorePart]]:
    """The parts with their channels: all drums share one."""
    pitched = 0
    for part in score.parts:
        if part.voice in DRUMS:
            yield DRUM_CHANNEL, part
        else:
            yield pitched, part
            pitched += 1


def _head(score: Score) -> list[Event]:
    """Tempo and metre."""
    microseconds = round(60e6 / score.bpm)
    return [(0, _meta(TEMPO, microseconds.to_bytes(3, "big"))), (0, _meta(METRE, bytes((4, 2, 24, 8))))]


def _events(part: ScorePart, channel: int) -> list[Event]:
    """The name, the sound, and the beginnings and ends of all notes: an end before a beginning at the same tick."""
    head = [(0, _meta(NAME, part.voice.encode("ascii")))]
    if part.voice in PROGRAMS:
        head.append((0, bytes((PROGRAM | channel, PROGRAMS[part.voice]))))
    events = [event for note in part.notes for event in _strokes(note, part.voice, channel)]
    return head + sorted(events, key=lambda event: (event[0], event[1][0] & 0xF0))


def _strokes(note: ScoreNote, voice: Voice, channel: int) -> tuple[Event, Event]:
    pitch = STROKES.get(voice, note.pitch)
    begin = round(note.start * TICKS)
    end = max(begin + 1, round((note.start + note.length) * TICKS))
    force = max(1, min(127, round(note.force * 127)))
    return (begin, bytes((NOTE_ON | channel, pitch, force))), (end, bytes((NOTE_OFF | channel, pitch, 0)))


def _track(events: Iterable[Event]) -> bytes:
    body, now = bytearray(), 0
    for tick, event in events:
        body += _length(tick - now) + event
        now = tick
    body += _length(0) + _meta(END, b"")
    return b"MTrk" + struct.pack(">I", len(body)) + bytes(body)


def _meta(kind: int, content: bytes) -> bytes:
    return bytes((0xFF, kind)) + _length(len(content)) + content


def _length(number: int) -> bytes:
    """A number in groups of seven bits, all but the last one marked."""
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(0x80 | number & 0x7F)
    return bytes(reversed(groups))
