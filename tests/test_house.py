"""The facts of the house are held to their goals, and imports to their rule. `make house` prints the facts."""

import ast
import re
from collections.abc import Iterator

import pytest
from house import (
    PACKAGE,
    ROOT,
    House,
    Import,
    circles,
    class_names,
    class_sizes,
    concrete_imports,
    function_lines,
    inheritance,
    mocks_per_1000_lines,
    ninth_decile,
    touched_by_a_job,
    unmeant,
)


@pytest.fixture(scope="module")
def house() -> House:
    return House()


def test_the_crawl_names_no_backend_but_in_build(house: House) -> None:
    assert [] == list(map(str, concrete_imports(house)))


def test_no_class_of_the_crawl_is_large_or_put_together_late(house: House) -> None:
    sizes = class_sizes(house)
    assert [] == [size for size in sizes if size.attributes > 12 or size.methods > 15]
    assert [] == [size for size in sizes if size.late]


def test_a_new_job_touches_one_file_outside_its_own_folders(house: House) -> None:
    assert ["jobs.registry"] == touched_by_a_job(house)


def test_names_mean_one_thing(house: House) -> None:
    twice = unmeant(house) | class_names(house)
    assert len(twice) < 5, twice


def test_imports_make_no_circles(house: House) -> None:
    assert [] == circles(house)


def test_init_files_hold_a_docstring_and_nothing_else() -> None:
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / PACKAGE).rglob("__init__.py")}
    assert [] == [path for path, tree in trees.items() if len(tree.body) != 1 or ast.get_docstring(tree) is None]


def test_decoders_of_structs_are_made_at_import() -> None:
    """Two threads that make the first one of a struct at the same time crash the process now and then."""
    late = re.compile(r"msgspec\.\w+\.decode\(.*type=[A-Z]\w*[a-z]")
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / PACKAGE).rglob("*.py")}
    assert [] == [path for path, text in texts.items() if late.search(text)]


def test_functions_are_small(house: House) -> None:
    lines = function_lines(house)
    assert ninth_decile(lines) <= 13
    assert [] == [(length, name) for length, name in lines if length > 35]


def test_inheritance_is_shallow(house: House) -> None:
    assert [] == [(depth, name) for depth, name in inheritance(house) if depth > 2]


def test_mocks_are_rare() -> None:
    assert mocks_per_1000_lines(ROOT) < 1


# The import rule

LAYERS = (
    ("__main__",),
    ("cli",),
    ("commands",),
    ("crawl", "jobs"),
    ("delivery", "downloads", "views", "analysis"),
    ("config", "frontier", "fetchers", "parsing", "storage"),
    ("parsers", "politeness", "records", "quality"),
)
"""From top to bottom. Imports go down, never up or sideways. The nouns and helpers outside folders are below."""
CRAWL_USES = {"politeness", "parsers", "records", "quality", "downloads", "delivery", "config"}
BACKENDS = {"frontier", "fetchers", "parsing", "storage"}


def test_imports_go_down_and_meet_backends_and_jobs_only_where_they_are_built(house: House) -> None:
    assert [] == [f"{found}: {why}" for found in house.imports for why in broken(found)]


def broken(found: Import) -> Iterator[str]:
    """The way one import breaks the rule."""
    here, there = found.importer.split("."), found.target.split(".")
    builds, same = here[-1] == "build", here[0] == there[0]
    if "replica" in (here[0], there[0]) and not same and here[0] != "commands":
        yield "replica imports nothing, and only commands start it"
    if not same and layer(here) >= layer(there) and not (is_noun(here) and is_noun(there)):
        yield f"{here[0]} does not lie above {there[0]}"
    if here[0] == "crawl" and not (same or builds or is_noun(there) or there[0] in CRAWL_USES or there[-1] == "base"):
        yield "crawl knows interfaces; build.py alone names what is behind them"
    if there[0] in BACKENDS and len(there) > 2 and here[:2] != there[:2] and not builds:
        yield "a backend is named in build.py files only, and never meets its siblings"
    if there[0] == "jobs" and len(there) > 2 and here[:2] != there[:2] and there[1] != "sites":
        if here != ["jobs", "registry"]:
            yield "a job is imported by the registry alone"
        elif not found.late:
            yield "the registry imports a job when it is wanted, not before"


def layer(module: list[str]) -> int:
    """The depth at which a module lies."""
    place = next((depth for depth, folders in enumerate(LAYERS) if module[0] in folders), None)
    return len(LAYERS) + is_noun(module) if place is None else place


def is_noun(module: list[str]) -> bool:
    """Whether a module is one of the nouns and helpers, which know nothing but each other."""
    return len(module) == 1 and module[0] not in ("cli", "__main__")
