"""Logging through the standard library: text for people, or one JSON object a line for machines."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO

from asyncscrape.printable import printable

PROGRESS = "asyncscrape.progress"
"""The logger of progress lines, which are shown even where only warnings are."""
KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


def set_up(level: str, form: Literal["text", "json"] = "text", file: Path | None = None, worker: str = "") -> None:
    """Send the log to stderr; with a file, send all of it there, and only warnings and progress to stderr.

    The lines of one of several workers bear its name.
    """
    formatter = JsonFormatter(worker) if form == "json" else TextFormatter(worker)
    stderr = StderrHandler()
    handlers: list[logging.Handler] = [stderr]
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(file, encoding="utf-8"))
        stderr.addFilter(lambda record: record.levelno >= logging.WARNING or record.name == PROGRESS)
    for handler in handlers:
        handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=handlers, force=True)
    logging.captureWarnings(True)
    ours = logging.getLevelName(level.upper())
    logging.getLogger("asyncscrape").setLevel(ours)
    logging.getLogger(PROGRESS).setLevel(min(ours, logging.INFO) if ours < logging.ERROR else ours)


class StderrHandler(logging.StreamHandler[TextIO]):
    """A handler for whatever `sys.stderr` is at the moment: the live view replaces it to keep lines whole."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        """Where the next line goes."""
        return sys.stderr

    @stream.setter
    def stream(self, stream: TextIO) -> None:
        raise NotImplementedError("this handler follows sys.stderr")


class TextFormatter(logging.Formatter):
    """`12:34:56 WARNING what happened`; only this begins a line, so no page can make up a line of the log."""

    def __init__(self, worker: str = "") -> None:
        name = f"[{worker}] ".replace("%", "%%") if worker else ""
        super().__init__(f"%(asctime)s %(levelname)-7s {name}%(message)s", datefmt="%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        return printable(super().format(record)).replace("\n", "\n  ")


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the `extra` of the call."""

    def __init__(self, worker: str = "") -> None:
        super().__init__()
        self._worker = {"worker": worker} if worker else {}

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        entry = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **self._worker,
            **{key: value for key, value in vars(record).items() if key not in KNOWN},
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return printable(json.dumps(entry, default=str, ensure_ascii=False))
