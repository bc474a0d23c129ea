"""The errors of pydantic, in words for the author of a config."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from asyncscrape.config.key_lines import Place, join_key
from asyncscrape.config.source import Source
from asyncscrape.config.values import Misfit, nearest, quoted
from asyncscrape.errors import Problem
from asyncscrape.secret_settings import is_secret

RULES = ("page",)

EXAMPLES = {
    "name": 'name = "catalog"',
    "match": 'match = "/item/*"',
    "url": 'url = "https://example.org/login"',
    "steps": 'steps = [{ click = "button" }]',
}
"""The keys that must be there, each with an example."""

KINDS = {
    "string": "text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "tuple": 'a list, such as ["one", "two"]',
    "list": 'a list, such as ["one", "two"]',
    "dict": "a table, such as { key = value }",
    "mapping": "a table, such as { key = value }",
    "model": "a table, such as { key = value }",
    "path": "the path of a file or folder, in quotes",
    "date": "a date, such as 2026-01-31",
    "none": "left out",
}
"""The expected value, by the beginning of pydantic's name for the error."""

LIMITS = {
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
}


def problems(error: ErrorDetails, source: Source, root: type[BaseModel]) -> Iterator[Problem]:
    """The problems behind one error of pydantic."""
    place = _place(error["loc"], source.data)
    if error["type"] == "missing":
        yield source.problem(place, f"is missing; add {EXAMPLES[str(place[-1])]}")
    elif error["type"] == "extra_forbidden":
        yield source.problem(place, _unknown(root, place))
    elif place == RULES:
        yield source.problem(place, "write each rule under its own [[page]], in double brackets")
    else:
        yield from told(source, place, _misfit(error), error["input"])


def told(source: Source, place: Place, misfit: Misfit, value: object) -> Iterator[Problem]:
    """The problem with a value, shown unless it is a secret; none if the secret is missing, which is reported.

    A value in the file is shown to its author, a command line or a variable is often written by a machine.
    """
    secret = source.secret(place)
    if secret is None:
        hidden = place in source.set_by and is_secret(join_key(place), "")
        yield source.problem(place, f"the value {misfit.about}" if hidden else misfit.told(quoted(value)))
    elif secret.present:
        yield source.problem(place, f"the value from {secret.source} {misfit.about}")


def _place(loc: tuple[str | int, ...], data: Any) -> Place:
    """The path in the file, without pydantic's names for the branches of a choice."""
    place: Place = ()
    for part in loc:
        if not isinstance(data, (dict, list)):
            break
        if isinstance(part, str) and (part == "[key]" or (part.startswith("<") and part not in data)):
            continue
        place = (*place, part)
        data = _within(data, part)
    return place


def _within(data: Any, part: str | int) -> Any:
    try:
        return data[part]
    except (LookupError, TypeError):
        return None


def _misfit(error: ErrorDetails) -> Misfit:
    """The misfit that an error of pydantic stands for."""
    kind, context = error["type"], error.get("ctx", {})
    if isinstance(context.get("error"), Misfit):
        misfit: Misfit = context["error"]
        return misfit
    if kind in LIMITS:
        return Misfit("is out of range: it " + LIMITS[kind].format(**context))
    if kind == "literal_error":
        allowed = [word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")]
        wrong = error["input"] if isinstance(error["input"], str) else ""
        choice = (
            " or ".join((", ".join(map(quoted, allowed[:-1])), quoted(allowed[-1])))
            if allowed[1:]
            else quoted(allowed[0])
        )
        return Misfit(f"is not valid here; use {choice}", instead=nearest(wrong, allowed))
    if context.get("class_name") == "FieldSpec":
        return Misfit('is not valid here; this must be a selector or a table, such as { css = "h1" }')
    if kind.endswith("too_short"):
        return Misfit("is empty; write something, or remove the key")
    wanted = next((words for start, words in KINDS.items() if kind.startswith(start)), "something else")
    return Misfit(f"is not valid here; this must be {wanted}")


# Keys


def _unknown(root: type[BaseModel], place: Place) -> str:
    """The message about an unknown key: what was meant, where it belongs, or which keys are possible."""
    key, known = str(place[-1]), list(_keys(section_at(root, place[:-1])))
    near = nearest(key, known)
    if near:
        return f"unknown key; did you mean {quoted(near)}?"
    for table, section in sections(root):
        if key in _keys(section):
            where = f"under [{table}]" if table else "at the top of the file, before the first [table]"
            return f"unknown key here; did you mean the one {where}?"
    return f"unknown key; possible here: {', '.join(known)}"


def _keys(section: type[BaseModel] | None) -> Iterator[str]:
    for name, field in section.model_fields.items() if section else ():
        yield field.alias or name


def sections(root: type[BaseModel], within: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """The top of the file and the tables below it: "fetch", "store.s3"; "[page]" for one in double brackets."""
    yield within, root
    for name, field in root.model_fields.items():
        section = _section_in(field.annotation)
        if section is None:
            continue
        single = section is field.annotation
        if single:
            yield from sections(section, f"{within}.{name}" if within else name)
        elif not within and get_origin(field.annotation) is tuple:
            yield f"[{name}]", section


def section_at(root: type[BaseModel], place: Place) -> type[BaseModel] | None:
    """The model of the table at a place."""
    current: Any = root
    for part in place:
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(part))
            current = field.annotation if field else None
        else:
            current = _section_in(current)
    return current if isinstance(current, type) and issubclass(current, BaseModel) else _section_in(current)


def _section_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation is about, as in `tuple[PageRule, ...]`."""
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation if issubclass(annotation, BaseModel) else None
    return next(filter(None, map(_section_in, get_args(annotation))), None)
