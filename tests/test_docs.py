"""The docs are true: their examples work, their names exist, their lists are complete."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from urllib.parse import unquote

import click
import polars as pl
import pytest
from support.forked_command import run

from asyncscrape.cli import program
from asyncscrape.config.browser_keys import BrowserLogin, BrowserStep
from asyncscrape.config.job_keys import config_type
from asyncscrape.config.loading import load
from asyncscrape.config.messages import sections
from asyncscrape.config.models import ExpectedColumn, ExpectedRows, ExpectedTable, FieldSpec, HostPoliteness
from asyncscrape.config.source import PREFIX
from asyncscrape.config.values import BLOB_FACTS
from asyncscrape.errors import Exit
from asyncscrape.jobs.registry import Registry
from asyncscrape.model import FieldType
from asyncscrape.parsers.conversions import from_text
from asyncscrape.selectors import FACTS
from asyncscrape.stats import Snapshot

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
WHOLE = config_type(Registry())
"""The config with the tables of all built-in jobs."""
INLINE = re.compile(r"`([^`\n]+)`")


class Block(NamedTuple):
    """A block of code in a page."""

    page: str
    line: int
    language: str
    text: str


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks(language: str, *paths: Path) -> list[Block]:
    return [
        Block(path.name, read(path)[: found.start()].count("\n") + 1, language, found["text"])
        for path in paths or PAGES
        for found in BLOCK.finditer(read(path))
        if found["language"] == language
    ]


def inline() -> Iterator[str]:
    """The texts between backquotes, outside of blocks."""
    return chain.from_iterable(INLINE.findall(BLOCK.sub("", read(path))) for path in PAGES)


def named(block: Block) -> str:
    return f"{block.page}:{block.line}"


# The parts made from the code


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_generated_parts_are_as_the_code_has_it(path: Path) -> None:
    assert generator().renewed(path) == read(path), "run python docs/generate.py"


def test_every_generated_part_stands_in_the_docs_once() -> None:
    found = re.findall(r"^<!-- generated: ([a-z-]+) -->$", "".join(map(read, DOCS.glob("*.md"))), re.MULTILINE)
    assert sorted(generator().PARTS) == sorted(found)


# The facts that the reference must have


def test_the_reference_tells_every_command_flag_key_and_exit_code() -> None:
    text = read(DOCS / "reference.md")
    keys = (
        name
        for section in (*(one for _, one in sections(WHOLE)), FieldSpec, HostPoliteness, ExpectedRows, ExpectedColumn)
        for name in fields(section)
    )
    missing = [
        *(name for name in program.commands if f"### `{name}`" not in text),
        *(flag for flag in flags() if f"`{flag}" not in text),
        *(name for name in keys if f"`{name}`" not in text and name not in TABLE_NAMES),
        *(code.meaning for code in Exit if f"| `{code.value}` | {code.meaning} |" not in text),
    ]
    assert [] == missing


def test_the_reference_tells_every_fact_type_placeholder_and_figure() -> None:
    text = read(DOCS / "reference.md")
    types = FieldType.__args__  # type: ignore[attr-defined]
    words = [*FACTS, *types, *(f"{{{name}}}" for name in BLOB_FACTS), *Snapshot.__struct_fields__]
    assert [] == [word for word in words if f"`{word}`" not in text]


def test_every_command_is_shown_in_use() -> None:
    """Outside of the parts that are made from the code."""
    text = re.sub(r"<!-- generated: .*?<!-- end of ", "", "".join(map(read, PAGES)), flags=re.DOTALL)
    shown = set(re.findall(r"^asyncscrape ([a-z]+)", text, re.MULTILINE))
    assert set() == set(commands()) - shown


# The names in the docs


def fields(section: Any) -> list[str]:
    return [field.alias or name for name, field in section.model_fields.items()]


SECTIONS = {
    name: fields(section)
    for name, section in (
        *((place.strip("[]"), section) for place, section in sections(WHOLE)),
        ("page.fields", FieldSpec),
        ("fetch.browser.login", BrowserLogin),
        ("expect", ExpectedTable),
        ("expect.rows", ExpectedRows),
        ("expect.columns", ExpectedColumn),
    )
}
"""The keys of each table; the top of the file is the table without a name."""
TABLE_NAMES = {place.rpartition(".")[2] for place in SECTIONS}
KEYS = {*chain.from_iterable(SECTIONS.values()), *fields(HostPoliteness), *fields(BrowserStep)}


def commands() -> dict[str, click.Command]:
    return dict(program.commands)


def flags() -> set[str]:
    """Every flag of every command, and of those within one, but those that are for the program itself."""
    inner = [
        one
        for command in commands().values()
        if isinstance(command, click.Group)
        for one in command.commands.values()
    ]
    given = [
        param
        for command in (*commands().values(), *inner)
        for param in command.params
        if not (isinstance(param, click.Option) and param.hidden)
    ]
    known = {flag for param in given for flag in (*param.opts, *param.secondary_opts)}
    return {flag for flag in known if flag.startswith("--")}


def test_flags_that_are_named_exist() -> None:
    told = {word for text in inline() if text.startswith("--") for word in text.split() if word.startswith("--")}
    assert set() == told - flags() - {"--help", "--version"}


def test_commands_that_are_named_exist() -> None:
    told = {found[1] for text in inline() if (found := re.match(r"asyncscrape ([a-z]+)", text))}
    assert set() == told - set(commands())


def test_sections_and_keys_that_are_named_exist() -> None:
    for text in inline():
        if found := re.fullmatch(r"\[{1,2}([a-z_.]+)\]{1,2}(?:\.([a-z_]+))?", text):
            place = found[1]
            assert place in SECTIONS or place.partition(".")[2] in SECTIONS[place.partition(".")[0]], text
            assert found[2] is None or found[2] in SECTIONS[place], text
        elif found := re.match(r"([a-z_]+) = ", text):
            assert found[1] in KEYS or found[1] in ("name", "label"), text


def test_environment_variables_that_are_named_override_a_key() -> None:
    for found in re.finditer(rf"{PREFIX}([A-Z_]+)", "".join(map(read, PAGES))):
        section, _, key = found[1].lower().partition("__")
        assert key in SECTIONS[section], found[0]


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", read(ROOT / "Makefile"), re.MULTILINE))
    lines = chain(inline(), *(block.text.splitlines() for block in blocks("console")))
    told = {word for line in lines if line.startswith("make ") for word in line.split()[1:] if word.isalpha()}
    assert set() == told - targets


def test_files_that_are_named_exist() -> None:
    told = {text for text in inline() if re.fullmatch(r"(asyncscrape|tests|docs|config|benchmarks)/[\w/.-]+", text)}
    assert {"config/reference.toml"} <= told
    assert set() == {text for text in told if not (ROOT / text).exists()}
    modules = re.findall(r"`((?:[a-z]+/)?\w+\.(?:py|toml|txt))`", read(ROOT / "CONTRIBUTING.md"))
    assert [] == [name for name in modules if not any((ROOT / folder / name).exists() for folder in FOLDERS)]


FOLDERS = (".", "asyncscrape", "asyncscrape/config", "asyncscrape/storage", "docs")


def test_links_lead_somewhere() -> None:
    for path in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", BLOCK.sub("", read(path))):
            if not target.startswith(("http://", "https://")):
                file, _, anchor = target.partition("#")
                goal = (path.parent / unquote(file)) if file else path
                assert goal.exists(), f"{path.name}: {target}"
                assert not anchor or anchor in anchors(goal), f"{path.name}: {target}"


def anchors(path: Path) -> set[str]:
    """The anchors of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", read(path)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# The examples in the docs


@pytest.mark.parametrize("block", blocks("console"), ids=named)
def test_command_lines_are_right(block: Block) -> None:
    for line in block.text.splitlines():
        words = shlex.split(re.split(r"\s(?:>>?|\|) ", line)[0], comments=True)
        while words and "=" in words[0] and not words[0].startswith("-"):
            del words[0]
        if words[:1] == ["asyncscrape"] and "[OPTIONS]" not in words:
            parse(words[1:])


def parse(words: list[str]) -> None:
    """Parse the words as the program does, without running anything. Raises click's own complaint."""
    if words in (["--help"], ["--version"]):
        return
    name, command, rest = program.resolve_command(click.Context(program), words)
    assert command is not None
    context = command.make_context(name, rest)
    if isinstance(command, click.Group) and "COMMAND" not in rest:
        inner_name, inner, inner_rest = command.resolve_command(context, rest)
        assert inner is not None
        inner.make_context(inner_name, inner_rest, parent=context)


@pytest.mark.parametrize("block", blocks("toml"), ids=named)
@pytest.mark.usefixtures("search_path")
def test_configs_load(block: Block, tmp_path: Path) -> None:
    """A piece of a config, completed with the parts it leaves out."""
    text = completed(block.text)
    for module, function in re.findall(r'"(\w+):(\w+)"', text):
        if re.search(rf'(parser|python) = "{module}:{function}"', text):
            (tmp_path / f"{module}.py").write_text(f"def {function}(response): ...\n")
    for name in [*re.findall(r'"file:([\w.]+)"', text), *re.findall(r'^seeds_file = "([\w.]+)"', text, re.MULTILINE)]:
        (tmp_path / name).write_text("https://example.org/\n")
    secrets = dict.fromkeys(re.findall(r'"env:(\w+)"', text), "http://127.0.0.1:3128")
    secrets["DATABASE_URL"] = secrets["FRONTIER_URL"] = "postgres://"
    path = tmp_path / "docs.toml"
    path.write_text(text, encoding="utf-8")
    load(path, (), secrets, Registry())


def completed(text: str) -> str:
    """A piece of a config with everything it needs to load: fields get a rule, rules a job."""
    given = tomllib.loads(text)
    if not given.keys() & {*SECTIONS[""], *SECTIONS}:
        number = "" if "number" in given else 'number = "dd.number"'
        text = f'[[page]]\nmatch = "/*"\ntable = "docs"\n[page.fields]\n{number}\n{text}'
        given = {"page": given}
    if "kind" in given:
        return text
    parts = [
        "" if "name" in given else 'name = "docs"',
        "" if given.keys() & {"seeds", "seeds_file"} else 'seeds = ["https://example.org/"]',
        text,
        "" if "page" in given else '[[page]]\nmatch = "/*"\nfollow = ["a"]',
    ]
    return "\n".join(parts)


NARROWED = re.compile(r"""re = '(?P<pattern>[^']+)'.*type = "(?P<type>int|float|decimal)\"""")
PRICE = "1,299.00 €"


@pytest.mark.parametrize(
    "path",
    [*PAGES, *sorted((ROOT / "config").glob("*.toml")), ROOT / "asyncscrape/starter.toml"],
    ids=lambda path: path.name,
)
def test_no_example_cuts_a_number_short(path: Path) -> None:
    """The types read a number with its grouping; a pattern such as [0-9.]+ would leave 1 of this price."""
    for found in NARROWED.finditer(read(path)):
        if cut := re.search(found["pattern"], PRICE):
            convert = from_text(found["type"])  # type: ignore[arg-type]
            assert convert(PRICE) == convert(cut[cut.re.groups and 1]), found[0]


@pytest.mark.parametrize("block", blocks("python"), ids=named)
def test_python_compiles(block: Block) -> None:
    compile(block.text, named(block), "exec")


# The promises of the docs


FAST = ("--set", "politeness.delay=0s")


def block_with(language: str, path: Path, part: str) -> str:
    return next(block.text for block in blocks(language, path) if part in block.text)


def test_the_config_of_the_readme_scrapes_a_site(tmp_path: Path) -> None:
    readme = ROOT / "README.md"
    config = block_with("toml", readme, '"shop"')
    assert 15 == sum(bool(line.strip()) for line in config.splitlines())
    (tmp_path / "shop.toml").write_text(config, encoding="utf-8")
    ended = run("run", "shop.toml", "--quiet", *FAST, cwd=tmp_path)
    assert (0, "") == (ended.code, ended.err)
    table = read(tmp_path / "data/shop/record.csv").splitlines()
    shown = block_with("text", readme, "number,title").splitlines()
    assert 51 == len(table)
    assert [line.rpartition(",")[0] for line in shown] == [line.rpartition(",")[0] for line in table[:2]]
    example = block_with("python", readme, "read_parquet")
    said = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "1778.86" in said.stdout


def test_the_row_itself_is_scope(tmp_path: Path) -> None:
    fields = '[page.fields]\nn = "@position"\nkind = ":scope::attr(class)"\nname = ":scope > td.name"\n'
    rule = f'[[page]]\nmatch = "/record/*"\ntable = "track"\neach = "tr.track"\nkey = ["n"]\n{fields}'
    config = tmp_path / "rows.toml"
    config.write_text(f'name = "rows"\nseeds = ["http://shop.localhost:8088/"]\n{rule}')
    tried = run("try", config, "http://shop.localhost:8088/record/bfy-0386-endless-harbour", *REPLICA)
    assert re.search(r"kind +str +track$", tried.out, re.MULTILINE)
    assert "Endless Harbour" in tried.out


def test_the_python_parser_of_the_how_to_works(tmp_path: Path) -> None:
    how_to = DOCS / "how-to.md"
    (tmp_path / "shop_pages.py").write_text(block_with("python", how_to, "def parse"), encoding="utf-8")
    (tmp_path / "products.toml").write_text(block_with("toml", how_to, "shop_pages:parse"), encoding="utf-8")
    ended = run("run", "products.toml", "--quiet", *FAST, cwd=tmp_path)
    assert (0, "") == (ended.code, ended.err)
    assert 7 == pl.read_parquet(tmp_path / "data/products/product.parquet").height
    assert 7 == len(list((tmp_path / "data/products/blobs/images").iterdir()))


REPLICA = ("--set", 'fetch.origins."http://shop.localhost:8088"="replica"')


def tutorial_config() -> str:
    """The config after step 6 of the tutorial."""
    first, record, corrected, track, cover = (block.text for block in blocks("toml", DOCS / "tutorial.md"))
    wrong = "".join(line for line in record.splitlines(keepends=True) if line.startswith(("title", "price")))
    for old, new in zip(wrong.splitlines(), corrected.splitlines(), strict=True):
        record = record.replace(old, new)
    return f"{first}\n{record}{cover}\n{track}"


def squeezed(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def test_the_tutorial_shows_what_a_follower_sees(tmp_path: Path) -> None:
    tutorial = DOCS / "tutorial.md"
    config = tmp_path / "shop.toml"
    config.write_text(tutorial_config(), encoding="utf-8")
    record = "http://shop.localhost:8088/record/bfy-0386-endless-harbour"
    tried = run("try", config, record, *REPLICA)
    assert squeezed(block_with("text", tutorial, "would download")) == squeezed(tried.out)
    ended = run("run", config, "--quiet", "--json", *REPLICA, *FAST, cwd=tmp_path)
    assert (0, 43, 1) == (ended.code, ended.summary["pages"]["done"], ended.summary["pages"]["failed"])
    assert {"record": 40, "track": 237, "blobs": 40} == ended.summary["records"]
    errors = run("errors", config, *REPLICA, cwd=tmp_path)
    assert squeezed(block_with("text", tutorial, "http 500")) == squeezed(errors.out)
    config.write_text(tutorial_config().replace('artist = "a.artist"', 'artist = "a.artist"\nlabel = "dd.label"'))
    refused = run("run", config, "--quiet", *REPLICA, *FAST, cwd=tmp_path)
    shown = squeezed(block_with("text", tutorial, "has changed"))[:3]
    assert (2, shown) == (refused.code, squeezed(refused.err)[:3])


def test_the_mistakes_of_the_tutorial_are_told_as_shown(tmp_path: Path) -> None:
    tutorial = DOCS / "tutorial.md"
    first, record, *_ = (block.text for block in blocks("toml", tutorial))
    (tmp_path / "shop.toml").write_text(first, encoding="utf-8")
    page = "http://shop.localhost:8088/record/bfy-0386-endless-harbour"
    assert squeezed(block_with("text", tutorial, "no rule matches")) == squeezed(
        run("try", "shop.toml", page, *REPLICA, cwd=tmp_path).err
    )
    (tmp_path / "shop.toml").write_text(f"{first}\n{record}", encoding="utf-8")
    found = run("try", "shop.toml", page, *REPLICA, cwd=tmp_path)
    assert squeezed(block_with("text", tutorial, "title   str")) == squeezed(found.out)
    lines = first.splitlines()
    lines.insert(lines.index("[politeness]") + 2, 'dealy = "1s"')
    (tmp_path / "shop.toml").write_text("\n".join(lines), encoding="utf-8")
    complained = run("check", "shop.toml", cwd=tmp_path)
    assert (2, [block_with("text", tutorial, "did you mean").strip()]) == (complained.code, squeezed(complained.err))


def test_every_picture_is_shown_and_not_too_large() -> None:
    shown = set(re.findall(r"!\[[^\]]+\]\((?:docs/)?(images/[^)]+)\)", "".join(map(read, PAGES))))
    assert {f"images/{path.name}" for path in (DOCS / "images").iterdir()} == shown
    for path in sorted(shown):
        picture = (DOCS / path).read_bytes()
        assert picture.startswith(b"\x89PNG"), path
        assert len(picture) < 150_000, path
