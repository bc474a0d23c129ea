"""The unchecked values of a config: the file, its overrides, and the secrets it points to.

`ASYNCSCRAPE__POLITENESS__DELAY=1s` in the environment overrides the file, and `--set politeness.delay=2s` overrides
both; the presets of a built-in job fill in what none of them sets. Each value remembers where it came from, so that a
mistake is reported with its place.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from asyncscrape.config.key_lines import Place, join_key, lines_of, split_key
from asyncscrape.errors import ConfigError, Problem

PREFIX = "ASYNCSCRAPE__"

ADVICE = {
    "Invalid value": "put quotes around text",
    "Cannot overwrite a value": "this key appears twice; keep one of them",
    "Cannot declare": "this table appears twice; keep one of them, or write [[…]] for a list of tables",
    "Expected '=' after a key": 'write key = value; a key with more than letters, digits, "_" and "-" needs quotes',
    "Invalid statement": "a line is a key = value, a [table], or a # comment",
    "Invalid initial character for a key part": "write key = value",
    "Unescaped '\\'": "put text with backslashes in single quotes: '\\d+'",
    "Unclosed array": 'a list ends with "]", with "," between its items',
    "Unclosed inline table": 'an inline table is written on one line, ends with "}", and has "," between its keys',
    "Unterminated string": "the closing quote is missing",
    "Expected \"'": "the closing quote is missing",
    "Expected newline or end of document": "write only one key = value on a line",
}
"""Advice for the error messages of tomllib, by how they begin."""


@dataclass(frozen=True, slots=True)
class SecretUse:
    """A key whose value is kept outside the config."""

    key: str
    source: str
    """Where the value comes from: "env:NAME" or "file:PATH"; never the value itself."""
    present: bool


@dataclass(eq=False)
class Source:
    """The values of a config, and where each came from."""

    path: Path
    text: str
    data: dict[str, Any]
    set_by: dict[Place, str] = field(default_factory=dict)
    """The overrides of the file, by the places they set."""
    secrets: dict[Place, SecretUse] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """The folder where files named in the config are looked for."""
        return self.path.parent

    @cached_property
    def lines(self) -> Mapping[Place, int]:
        """The lines of all keys, found only when there is a mistake to report."""
        return lines_of(self.text)

    def problem(self, place: Place, message: str) -> Problem:
        """A mistake, with the place where the user can fix it."""
        setter = self._setter(place)
        if setter is None:
            return Problem(line=self.line(place), key=join_key(place), message=message, file=str(self.path))
        where, label = setter
        return Problem(line=0, key="" if where == place else join_key(place), message=message, file=label)

    def value(self, place: Place) -> Any:
        """The value at a place that exists."""
        value: Any = self.data
        for part in place:
            value = value[part]
        return value

    def secret(self, place: Place) -> SecretUse | None:
        """The secret at this place, or the first one below it."""
        return next((secret for at, secret in self.secrets.items() if at[: len(place)] == place), None)

    def tables(self, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The tables in a list, with their indexes; other items are left out."""
        listed = self.data.get(name)
        for index, table in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(table, dict):
                yield index, table

    def line(self, place: Place) -> int:
        """The line of a key, or of the table where it is missing."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def where(self, place: Place) -> str:
        """The place of a key, for use within a sentence."""
        setter = self._setter(place)
        return setter[1] if setter else f"line {self.line(place)}"

    def _setter(self, place: Place) -> tuple[Place, str] | None:
        """The override at this place, or below it if the file says nothing here."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.set_by:
                return place[:length], self.set_by[place[:length]]
        if not self.set_by or not place or place in self.lines:
            return None
        return next(((at, label) for at, label in self.set_by.items() if at[: len(place)] == place), None)

    def override(self, parts: Sequence[str], text: str, label: str) -> None:
        """Set one value in place of the file's, and remember what set it."""
        place, why_not = _put(self.data, parts, parsed_value(text))
        if why_not:
            self.problems.append(Problem(line=0, key="", message=why_not, file=label))
            return
        for covered in [at for at in self.set_by if at[: len(place)] == place]:
            del self.set_by[covered]
        self.set_by[place] = label


def read(path: Path, overrides: Sequence[str], environ: Mapping[str, str]) -> Source:
    """Read the file and apply the overrides. Raises ConfigError if the file cannot be read at all."""
    text = _file_text(path)
    source = Source(path, text, _parsed(text, path))
    for name in sorted(environ):
        if name.startswith(PREFIX):
            _override_by_environment(source, name, environ[name])
    for setting in overrides:
        _override_by_option(source, setting)
    return source


# The file


def _file_text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise _unreadable(path, _missing(path)) from None
    except IsADirectoryError:
        raise _unreadable(path, "is a folder; name the TOML file in it") from None
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}") from None
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _unreadable(path, "is not UTF-8; save the file in that encoding", line) from None


def _missing(path: Path) -> str:
    """The message about a file that is not there; its ending is the part that is forgotten most."""
    if (meant := path.with_name(f"{path.name}.toml")).is_file():
        return f"no such file; did you mean {meant.name}?"
    return f'does not exist; "asyncscrape init {path.stem}" writes one to start from'


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError as error:  # not only TOMLDecodeError: a number may be longer than Python reads
        line, message = _syntax(str(error), text)
        raise _unreadable(path, message, line) from None
    except RecursionError:
        raise _unreadable(path, "is nested too deeply") from None


def _syntax(complaint: str, text: str) -> tuple[int, str]:
    """The line of a syntax error, and what to do about it."""
    what, _, where = complaint.partition(" (at ")
    numbers = re.findall(r"\d+", where)
    line = int(numbers[0]) if numbers else _unfinished(text)
    column = f" at column {numbers[1]}" if numbers else ""
    advice = next((advice for start, advice in ADVICE.items() if what.startswith(start)), "")
    return line, f"is not valid TOML: {what[:1].lower()}{what[1:]}{column}" + (f"; {advice}" if advice else "")


def _unfinished(text: str) -> int:
    """The line of the statement that never ends: the first one after the longest valid part."""
    lines = text.rstrip().split("\n")
    for count in range(len(lines) - 1, 0, -1):
        try:
            tomllib.loads("\n".join(lines[:count]))
        except ValueError:
            continue
        return count + 1
    return 1


def _unreadable(path: Path, message: str, line: int = 0) -> ConfigError:
    return ConfigError([Problem(line=line, key="", message=message, file=str(path))])


# Its overrides


def _override_by_environment(source: Source, name: str, text: str) -> None:
    """Apply a variable: parts in capitals mean keys in small letters; others, such as names of fields, stay."""
    parts = [part.lower() if part.isupper() else part for part in name.removeprefix(PREFIX).split("__")]
    label = f"environment {name}"
    if not all(parts):
        message = f"does not name a key; write it like {PREFIX}POLITENESS__DELAY"
        source.problems.append(Problem(line=0, key="", message=message, file=label))
        return
    source.override(parts, text, label)


def _override_by_option(source: Source, setting: str) -> None:
    """Apply one --set; the key ends at the first "=" that completes it, for quoted parts may contain one too."""
    for match in re.finditer("=", setting):
        key = setting[: match.start()].strip()
        try:
            parts = split_key(key)
        except ValueError:
            continue
        source.override(parts, setting[match.end() :], f"--set {key}")
        return
    key = setting.partition("=")[0]
    message = 'write it like politeness.delay=1s or politeness.hosts."api.example.org".delay=1s'
    source.problems.append(Problem(line=0, key="", message=message, file=f"--set {key}"))


def parsed_value(text: str) -> Any:
    """The value as TOML if it is valid TOML, else the text itself."""
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return parsed["value"] if len(parsed) == 1 else text


def _put(data: dict[str, Any], parts: Sequence[str], value: Any) -> tuple[Place, str]:
    """Set one value deep in the data; return its place, and the reason if it could not be set."""
    within: Any = data
    place: Place = ()
    for part, following in zip(parts, (*parts[1:], None), strict=True):
        if isinstance(within, list) and not (part.isdecimal() and int(part) <= len(within)):
            return place, f"{join_key(place)} is a list of length {len(within)}; count its items from 0"
        if not isinstance(within, (dict, list)):
            return place, f"{join_key(place)} is a single value, so it has no keys to set"
        step: str | int = int(part) if isinstance(within, list) else part
        place = (*place, step)
        if following is None:
            _store(within, step, value)
        elif step == len(within) if isinstance(within, list) else step not in within:
            _store(within, step, [] if following == "0" else {})
        within = within[step]  # type: ignore[index]
    return place, ""


def _store(within: Any, step: str | int, value: Any) -> None:
    if isinstance(within, list) and step == len(within):
        within.append(value)
    else:
        within[step] = value


# Secrets


def fill_in_secrets(source: Source, environ: Mapping[str, str]) -> None:
    """Replace the words that point to secrets with the values."""
    for place, text in list(_texts(source.data, ())):
        if not text.startswith(("env:", "file:")):
            continue
        value, why_not = _secret(text, source.folder, environ)
        source.secrets[place] = SecretUse(join_key(place), text, present=not why_not)
        _put(source.data, [str(part) for part in place], value)
        if why_not:
            source.problems.append(source.problem(place, why_not))


def _texts(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*place, index))


def _secret(text: str, folder: Path, environ: Mapping[str, str]) -> tuple[str, str]:
    """The value that "env:NAME" or "file:PATH" stands for, or why there is none."""
    kind, _, name = text.partition(":")
    if kind == "env":
        missing = (
            f"the environment variable {name} is not set; set it before you start"
            if name
            else '"env:" needs the name of a variable, as in "env:NAME"'
        )
        return (environ[name], "") if name in environ else ("", missing)
    try:
        return (folder / name).read_text(encoding="utf-8").rstrip("\r\n"), ""
    except UnicodeDecodeError:
        return "", f"the file {name} is not UTF-8 text"
    except OSError as error:
        return "", f"the file {name} cannot be read: {error.strerror}"
    except ValueError:
        return "", '"file:" needs the path of a file, as in "file:PATH"'
