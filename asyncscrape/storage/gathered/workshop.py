"""The folder in which a worker makes the tables, and what it has brought there of the shipments.

    <root>/<job>/lock           held by the process that works there
    <root>/<job>/2/…            the tables of generation 2, which are in place
    <root>/<job>/2-3/…          those of generation 3, and for comparison of generation 2, which is still in place
    <root>/<job>/2-3/brought    a line for each shipment that was brought
    <root>/<job>/2-3/tables     the names of the tables of which records were taken
    <root>/<job>.2/…            the same for another process of this machine: one that was only cut off may still be
                                at work in the first

A folder that is lost or out of date is made anew from the shipments. Shipments count in the order in which they were
brought: so their number is the cursor of the tables there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from asyncscrape.disk import make_folder, put, store_errors, sync_folder, whole_file
from asyncscrape.storage.gathered.held_folder import HeldFolder, hold

BROUGHT = "brought"
TABLES = "tables"


class BroughtShipment(msgspec.Struct, frozen=True, array_like=True):
    """A shipment that is in the workshop."""

    generation: int
    name: str


_decode = msgspec.json.Decoder(BroughtShipment).decode


class Workshop:
    """The workshop of one job."""

    def __init__(self, root: Path, job: str) -> None:
        self.root = root
        self._job = job
        self._held: HeldFolder | None = None

    def settle(self, in_place: int, beside: int | None, tables: Sequence[str]) -> Path:
        """The folder for this generation, and one beside it; what else is there is used for it, or removed.

        It is this process's alone until `leave`.
        """
        with store_errors(self.root):
            home = self._home()
            wanted = home / _name(in_place, beside)
            if not wanted.exists() and (useful := _useful(home, in_place)):
                put(useful, wanted)
            make_folder(wanted)
            for folder in home.iterdir():
                if folder != wanted and folder.is_dir():
                    shutil.rmtree(folder)
            names = wanted / TABLES
            if not names.exists() or names.read_bytes() != _encoded(tables):
                self.clear(wanted, tables)
        return wanted

    def clear(self, folder: Path, tables: Sequence[str]) -> None:
        """Begin a folder anew, for these tables."""
        with store_errors(folder):
            shutil.rmtree(folder)
            make_folder(folder)
            with whole_file(folder / TABLES, folder / f".{TABLES}") as file:
                file.write(_encoded(tables))

    def switched(self, folder: Path, number: int) -> None:
        """The generation beside has taken its place."""
        with store_errors(folder):
            put(folder, folder.with_name(_name(number, None)))

    def leave(self) -> None:
        """Let other processes work here."""
        if self._held is not None:
            self._held.release()
            self._held = None

    def _home(self) -> Path:
        """The first workshop in which nobody else is at work; others that nobody needs any more are removed."""
        number = 1
        while self._held is None:
            self._held = hold(self.root / (self._job if number == 1 else f"{self._job}.{number}"))
            number += 1
        for folder in self.root.iterdir():
            if folder != self._held.path and (unused := hold(folder)):
                shutil.rmtree(folder)
                unused.release()
        return self._held.path


def _useful(home: Path, in_place: int) -> Path | None:
    """A folder with the tables of this generation in place, whatever was made beside them."""
    names = (str(in_place), f"{in_place}-")
    return next((one for one in home.iterdir() if one.name == names[0] or one.name.startswith(names[1])), None)


def _encoded(tables: Sequence[str]) -> bytes:
    return msgspec.json.encode(sorted(tables))


def _name(in_place: int, beside: int | None) -> str:
    return f"{in_place}" if beside is None else f"{in_place}-{beside}"


def brought(folder: Path) -> list[BroughtShipment]:
    """The shipments that were brought. A crash may have cut off the last line: its shipment comes again."""
    path = folder / BROUGHT
    with store_errors(folder):
        content = path.read_bytes() if path.exists() else b""
        lines, end, rest = content.rpartition(b"\n")
        if rest:
            os.truncate(path, len(lines + end))
    return list(map(_decode, lines.splitlines()))


def note(folder: Path, shipments: Iterable[BroughtShipment]) -> None:
    """Note that these shipments were brought; this survives a power cut."""
    with store_errors(folder), (folder / BROUGHT).open("ab") as file:
        file.write(b"".join(msgspec.json.encode(one) + b"\n" for one in shipments))
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder)
