"""Writes the parts of the docs that repeat what the code says: keys, flags, exit codes, numbers, modules.

    python docs/generate.py            write them
    python docs/generate.py --check    only say whether they are up to date

A part stands between `<!-- generated: NAME -->` and `<!-- end of NAME -->` in any file of this folder. A test fails
if one of them differs from the code.
"""

from __future__ import annotations

import ast
import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from inspect import cleandoc
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import click
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from asyncscrape import decompress, units, urls
from asyncscrape.cli import program
from asyncscrape.config import models, stores
from asyncscrape.config import values as kinds
from asyncscrape.config.browser_keys import BrowserLogin, BrowserStep
from asyncscrape.config.job_keys import config_type
from asyncscrape.config.messages import sections
from asyncscrape.config.models import ExpectedColumn, ExpectedRows, FieldSpec, HostPoliteness, PageRule
from asyncscrape.crawl import committer
from asyncscrape.errors import Exit
from asyncscrape.fetchers.http import fetcher
from asyncscrape.frontier.sqlite import journal
from asyncscrape.jobs.music.enrichment.predictions.model_columns import OF_GENRE, about_columns
from asyncscrape.jobs.registry import Registry
from asyncscrape.parsers import sitemap
from asyncscrape.politeness import challenges, clock, decisions, robots
from asyncscrape.storage.files import external_sort, in_memory

DOCS = Path(__file__).resolve().parent
CODE = DOCS.parent / "asyncscrape"
PART = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(<!-- end of (?P=name) -->)", re.DOTALL)


def main() -> int:
    """Bring the files up to date, or say which are not."""
    check = sys.argv[1:] == ["--check"]
    stale = [path for path in sorted(DOCS.glob("*.md")) if path.read_text("utf-8") != renewed(path)]
    for path in stale:
        if not check:
            path.write_text(renewed(path), "utf-8")
        print(f"docs/{path.name} {'is out of date; run python docs/generate.py' if check else 'was updated'}")
    return 1 if check and stale else 0


def renewed(path: Path) -> str:
    """The text of a file with its generated parts up to date."""
    return PART.sub(lambda found: f"{found[1]}\n{PARTS[found['name']]()}\n\n{found[3]}", path.read_text("utf-8"))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# The commands


def commands() -> str:
    """Every command with its flags; the flags that all commands on a job share come first."""
    context = click.Context(program, info_name="asyncscrape")
    found = {name: program.get_command(context, name) for name in program.list_commands(context)}
    everywhere = options(found["status"]).keys() & options(found["check"]).keys()
    shared = {flag: one for flag, one in options(found["check"]).items() if flag in everywhere}
    text = [
        "Commands that take a `CONFIG` have these flags in common:",
        flags(shared.values()),
        "All commands have `--help`; `asyncscrape --version` prints the version.",
    ]
    everyday = ("run", "check", "try", "status", "errors", "retry", "tables", "expect", "report", "worker")
    others = (
        *("archive", "extract", "import", "enrich", "sentiment", "audio", "generate", "init", "schema"),
        *("move", "replica"),
    )
    for name in (*everyday, *others):
        known = found.pop(name)
        text += command(context, name, known, shared)
        if isinstance(known, click.Group):
            for inner, one in sorted(known.commands.items()):
                text += command(context, f"{name} {inner}", one, shared, "####")
    assert not found, f"add {', '.join(found)} to the order of the commands"
    return "\n\n".join(text)


def command(
    context: click.Context,
    name: str,
    known: click.Command | None,
    shared: Mapping[str, click.Option],
    level: str = "###",
) -> list[str]:
    """One command: its usage, its purpose, its own flags, examples."""
    assert known is not None
    usage = " ".join(known.collect_usage_pieces(click.Context(known, context, name)))
    prose, _, examples = cleandoc(known.help or "").partition("\b\n")
    own = [option for flag, option in options(known).items() if flag not in shared]
    text = [f"{level} `{name}`", f"```console\nasyncscrape {name} {usage}\n```", prose.strip()]
    if own:
        text.append(flags(own))
    if shown := [line.strip() for line in examples.splitlines() if line.strip().startswith("asyncscrape")]:
        text.append("\n".join(["```console", *shown, "```"]))
    return text


def options(known: click.Command | None) -> dict[str, click.Option]:
    """The flags of a command, by name."""
    assert known is not None
    return {one.opts[0]: one for one in known.params if isinstance(one, click.Option) and not one.hidden}


def flags(some: Iterable[click.Option]) -> str:
    """Flags as a table."""
    return table(["flag", "meaning"], ([f"`{spelled(one)}`", meaning(one)] for one in some))


def spelled(option: click.Option) -> str:
    """A flag with its value, as one types it."""
    value = "" if option.is_flag else f" {option.metavar or option.opts[0].lstrip('-').upper()}"
    return "`, `".join([option.opts[0] + value, *option.secondary_opts])


def meaning(option: click.Option) -> str:
    """The help of a flag, with the default where it is shown."""
    default = f" Default: `{option.default}`." if option.show_default else ""
    again = " May be given again." if option.multiple else ""
    return f"{as_prose(option.help or '')}{again}{default}"


def as_prose(text: str) -> str:
    """Plain text, with characters escaped that mean something in Markdown."""
    return text.replace("*", "\\*").replace("<", "&lt;")


def exit_codes() -> str:
    """The codes with which commands end."""
    return table(["code", "meaning"], ([f"`{code.value}`", code.meaning] for code in Exit))


# The keys of a config

WORDS = (
    (kinds.Duration, "duration"),
    (kinds.Pause, "duration, also 0"),
    (kinds.Size, "size"),
    (kinds.RateText, "rate"),
    (kinds.Count, "whole number"),
    (kinds.Positive, "whole number from 1"),
    (kinds.Share, "number from 0 to 1"),
    (kinds.Portion, 'share: `0.2` or `"20%"`'),
    (kinds.Switch, "`true` or `false`"),
    (kinds.FileName, "name"),
    (kinds.TableName, "name"),
    (kinds.FieldName, "field"),
    (kinds.HeaderName, "name"),
    (kinds.HeaderValue, "text"),
    (kinds.CookieName, "name"),
    (kinds.CookieValue, "text"),
    (kinds.UserAgent, "text"),
    (kinds.WebUrl, "URL"),
    (kinds.ProxyUrl, "URL"),
    (kinds.Origin, "origin"),
    (kinds.OriginOrReplica, 'origin or `"replica"`'),
    (kinds.ScopeHost, "host"),
    (kinds.Host, "host"),
    (kinds.Glob, "pattern"),
    (kinds.Globs, "pattern, or list of them"),
    (kinds.Selector, "selector"),
    (kinds.Each, "selector of elements, or of a JSON list"),
    (kinds.Css, "CSS"),
    (kinds.XPath, "XPath"),
    (kinds.JmesPath, "JMESPath"),
    (kinds.Regex, "regular expression"),
    (kinds.Parser, '`"module:function"`'),
    (stores.RecordStore, "store"),
    (stores.Database, "URL of Postgres"),
    (stores.Lease, "duration from 2s to 1h"),
    (stores.BlobStore, "store"),
    (stores.Endpoint, "URL"),
    (stores.PartSize, "size"),
    (stores.Word, "text"),
    (kinds.FileBeside, "path"),
    (kinds.BlobPath, "path template"),
    (models.AnyField, "selector or [field](#fields)"),
    (models.Sitemaps, '`"auto"` or list of URLs'),
    (str, "text"),
    (int, "whole number"),
    (bool, "`true` or `false`"),
    (float, "number"),
    (Path, "path"),
    (date, "date"),
    (Any, "any value"),
)
"""What people call the types of the models. Types of a built-in job carry their own words."""

TABLES = {
    "[[page]]": PageRule,
    "[page.fields]": FieldSpec,
    "[[page.steps]]": BrowserStep,
    "[[fetch.browser.login]]": BrowserLogin,
    '[politeness.hosts."HOST"]': HostPoliteness,
    "[expect.TABLE.rows]": ExpectedRows,
    "[expect.TABLE.columns.NAME]": ExpectedColumn,
}
"""Tables that lie deeper than the sections of the file, or occur more than once."""


def config_keys() -> str:
    """Every key of the file, section by section."""
    found = [
        (f"[{name.strip('[]')}]" if name else "", model)
        for name, model in sections(config_type(Registry()))
        if model not in TABLES.values()
    ]
    text = []
    for name, model in [*found, *TABLES.items()]:
        text.append(f"### `{name}`" if name else "### Top of the file")
        text.append(table(["key", "value", "default", "meaning"], keys(model)))
    return "\n\n".join(text)


def keys(model: type[BaseModel]) -> Iterator[list[str]]:
    """The keys of one table; tables within it are listed separately."""
    hints = get_type_hints(model, include_extras=True)
    for name, field in model.model_fields.items():
        if is_section(hints[name]):
            continue
        about = re.sub(r"\s*Default: none\.$", "", " ".join((field.description or "").split()))
        yield [f"`{name}`", word(hints[name]), default(hints[name], field.default), as_prose(about)]


def is_section(hint: Any) -> bool:
    """Whether the key is a table of the file, or a list of tables."""
    if any(isinstance(mark, kinds.InWords) for mark in getattr(hint, "__metadata__", ())):
        return False
    inner = [hint, *get_args(hint)]
    return any(isinstance(one, type) and issubclass(one, BaseModel) for one in inner)


def word(hint: Any) -> str:
    """A type in the words of the docs. Fails for a type without words."""
    for known, name in WORDS:
        if hint is known:
            return name
    origin, inner = get_origin(hint), [one for one in get_args(hint) if one not in (type(None), ...)]
    if origin in (Union, types.UnionType) and len(inner) == 1:
        return word(inner[0])
    if origin is Literal:
        return ", ".join(f'`"{one}"`' if isinstance(one, str) else f"`{str(one).lower()}`" for one in inner)
    if origin is tuple:
        return f"list of {plural(word(inner[0]))}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"table: {word(inner[0])} = {word(inner[1])}"
    if hasattr(hint, "__metadata__"):
        own = [mark.name for mark in hint.__metadata__ if isinstance(mark, kinds.InWords)]
        return own[0] if own else word(inner[0])
    raise KeyError(f"docs/generate.py has no word for {hint}")


def plural(name: str) -> str:
    """The name of several of them."""
    return name if name == "text" else re.sub(r"^([\w ]+?)$", r"\1s", name)


def default(hint: Any, value: Any) -> str:
    """A default as one would write it in the file."""
    if value is PydanticUndefined:
        return "**needed**"
    if value is None:
        return "–"
    name = word(hint)
    if name.startswith("duration"):
        return f'`"{units.in_words(value)}"`'
    if name == "size":
        return f'`"{as_size(value)}"`'
    return f"`{as_toml(value)}`"


def as_size(number: int) -> str:
    """Bytes in the spelling of the config."""
    unit = next(unit for unit in ("GB", "MB", "KB", "B") if number % units.BYTES[unit] == 0)
    return f"{number // units.BYTES[unit]}{unit}"


def as_toml(value: Any) -> str:
    """A value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(as_toml, value))}]"
    if isinstance(value, (str, Path)):
        return f'"{value}"'
    return f"{value:_}" if isinstance(value, int) else str(value)


# Numbers


def numbers() -> str:
    """The numbers of a crawl that no key changes."""
    return table(["what", "how much"], NUMBERS)


def seconds(value: float) -> str:
    """A span of time for people."""
    for length, unit in ((3600, "h"), (60, "min"), (1, "s")):
        if value >= length and value % length == 0:
            return f"{value / length:g} {unit}"
    return f"{value * 1000:g} ms" if value < 1 else f"{value:g} s"


def pauses(number: int) -> str:
    """The length of so many pauses of a parked host together."""
    each = (min(clock.FIRST_PAUSE * 2**n, clock.LONGEST_PAUSE) for n in range(number))
    return f"about {round(sum(each) / 60)} min"


RETRIES = clock.Policy().retries

NUMBERS = (
    ("added to every spacing and to every quota window, to allow for jitter of the network", seconds(clock.GUARD)),
    ("first spacing of a host that had none and could not keep up", seconds(clock.PACE_FLOOR)),
    ("longest spacing that the adaptive pace reaches", seconds(clock.PACE_LIMIT)),
    ("a complaint multiplies the spacing by", f"{clock.STRETCH:g} ×"),
    ("a good answer multiplies it by", f"{clock.RECOVERY:g} ×"),
    (
        "an answer is late when it takes more than",
        f"{seconds(clock.SLUGGISH)}, and more than {clock.LATE:g} × the usual time",
    ),
    ("failures in a row that park a host", str(clock.PARK_AFTER)),
    ("first pause of a parked host; each further one is twice as long", seconds(clock.FIRST_PAUSE)),
    ("longest pause of a parked host", seconds(clock.LONGEST_PAUSE)),
    ("pauses until a host that never answered is given up, with the default of `retries`", pauses(RETRIES)),
    ("the same for a host that answered before", pauses(2 * RETRIES)),
    (
        "pauses after a bot challenge, then the host is given up",
        " and ".join(map(seconds, clock.CHALLENGE_PAUSES)),
    ),
    ("a `Retry-After` longer than this ends the host's part in the run", seconds(clock.PATIENCE)),
    (
        "longest wait before the first retry of a URL; doubled for each further one",
        seconds(decisions.BACKOFF_BASE),
    ),
    ("longest wait before a retry", seconds(decisions.BACKOFF_LIMIT)),
    ("bytes of a robots.txt that are read", f"{robots.LIMIT // 1024} KiB"),
    ("redirects of a robots.txt that are followed", str(robots.MOST_HOPS)),
    ("longest time for which a robots.txt is good", seconds(robots.DAY)),
    ("longest URL", f"{urls.LONGEST:,} characters"),
    ("largest sitemap, unpacked", f"{sitemap.MAX_SIZE / 1e6:g} MB"),
    ("encodings on top of each other in one body", str(decompress.MOST_ENCODINGS)),
    ("largest window that zstd may use", f"{2**decompress.ZSTD_WINDOW_LOG // 2**20} MiB"),
    ("longest header line", f"{fetcher.LONGEST_HEADER / 1000:g} KB"),
    ("headers of one answer", str(fetcher.MOST_HEADERS)),
    ("bytes that are read of an answer other than 2xx", as_size(fetcher.ERROR_BODY)),
    ("a host's address is looked up again after", seconds(fetcher.DNS_TTL)),
    ("bytes of a page that are searched for a bot challenge", f"{challenges.SAMPLE // 1024} KiB"),
    ("a group of finished pages gathers for", seconds(committer.GATHER)),
    ("pages in a group that is written without waiting", str(committer.LARGE_GROUP)),
    ("the latest part of the journal, which is kept in memory as well", as_size(journal.RECENT)),
    (
        "largest table that is made in memory: its lines, and 16 bytes for each value",
        as_size(in_memory.MOST_BYTES),
    ),
    ("most parts of such a table", str(in_memory.MOST_PARTS)),
    ("memory for sorting any other table; the rest goes to disk", as_size(external_sort.BUDGET)),
)


# The modules


def modules() -> str:
    """Every module and every folder, with the first sentence of its docstring."""
    found = [path for path in sorted(CODE.glob("*.py")) if path.name != "__init__.py"]
    rows = [[f"`{path.name}`", says(path)] for path in found]
    folders = sorted(path.parent for path in CODE.glob("*/**/__init__.py"))
    rows += [[f"`{folder.relative_to(CODE)}/`", inside(folder)] for folder in folders]
    return table(["where", "what"], rows)


def inside(folder: Path) -> str:
    """The first sentence about a folder, and the files in it; folders within it have their own rows."""
    names = [path.stem for path in sorted(folder.glob("*.py")) if path.name != "__init__.py"]
    files = ", ".join(f"`{name}`" for name in names)
    return f"{says(folder / '__init__.py')}: {files}" if files else says(folder / "__init__.py")


def says(path: Path) -> str:
    """The first sentence of a module's docstring."""
    text = " ".join((ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").partition("\n\n")[0].split())
    return as_prose(re.split(r"(?<=[a-z`)])[.:] (?=[A-Z])", text)[0].rstrip(".:"))


# Predictions


def prediction_columns() -> str:
    """The columns that predictions rest on; those of which the same is to be feared share a row."""
    alike: dict[tuple[str, str], list[str]] = {}
    for name, about in about_columns([f"{OF_GENRE}…"]).items():
        alike.setdefault(about, []).append(f"`{name}`")
    rows = [[block, ", ".join(names), leakage] for (block, leakage), names in alike.items()]
    return table(["block", "columns", "what they may know that they should not"], rows)


PARTS: Mapping[str, Callable[[], str]] = {
    "commands": commands,
    "exit-codes": exit_codes,
    "config": config_keys,
    "numbers": numbers,
    "modules": modules,
    "prediction-columns": prediction_columns,
}

if __name__ == "__main__":
    sys.exit(main())
