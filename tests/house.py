"""Figures about the shape of the code, read from the source, with their goals.

`make house` prints them as a table, `python tests/house.py FOLDER` those of another checkout. It needs only Python,
and imports nothing that it reads. `test_house.py` fails if one of them misses its goal.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "asyncscrape"

CRAWL = ("crawl", "delivery", "downloads")
"""The folders of a crawl. Code that moves from the first to the others may still not name a backend."""
BACKENDS = ("frontier", "fetchers", "parsing", "storage")
"""The folders with an interface. A module in them is concrete if it is neither that nor shared by all backends."""
NOT_CONCRETE = ("base", "states", "build")
BUILT_IN = re.compile(
    r"crypto|coinmarketcap|soundcloud|beatport|\Amusic\Z|music_|jobs\.music|network_tables|jobs\.network",
    re.IGNORECASE,
)
"""The built-in jobs and their sites, as code would name them."""
JOB_WITH_A_COMMON_WORD = "network"
"""A job whose name alone says nothing about the job; its folder is its own all the same."""
OWN = ("jobs", "parsers", "replica")
"""Where a job and its sites have folders of their own."""

SIBLINGS = ("frontier", "fetchers", "storage", "jobs", "parsers", "replica")
"""Folders whose subfolders do the same for different services or sites, and so share file names on purpose."""
SAME_ROLE = {
    "base": "the interface of its folder",
    "build": "names the concrete parts of its folder",
    "errors": "the exceptions of its folder",
    "official_api": "parsers/ reads what replica/ answers in the place of a site",
    "robots": "politeness/ decides by what crawl/ asks for",
    "web_api": "parsers/ reads what replica/ answers in the place of a site",
}
"""Names that modules share on purpose, with the reason. Files of commands may share names too."""


class Import(NamedTuple):
    """One import of another module of the package."""

    importer: str
    target: str
    line: int
    late: bool
    """Whether it waits for something: inside a function, or under a condition."""

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.target}"


@dataclass(frozen=True)
class Module:
    """One file of the package, parsed. Its name leaves the package out: `crawl.run`."""

    name: str
    tree: ast.Module

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders and the file that the name is made of."""
        return tuple(self.name.split("."))

    @cached_property
    def nodes(self) -> Sequence[ast.AST]:
        """Everything in it."""
        return list(ast.walk(self.tree))

    @property
    def classes(self) -> Iterator[ast.ClassDef]:
        """Its classes, inner ones too."""
        return (node for node in self.nodes if isinstance(node, ast.ClassDef))


class House:
    """The package in one checkout."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        package = root / PACKAGE
        self.modules = {
            (name := ".".join(path.relative_to(package).with_suffix("").parts)): Module(
                name, ast.parse(path.read_text(encoding="utf-8"))
            )
            for path in sorted(package.rglob("*.py"))
            if path.name != "__init__.py"
        }

    @cached_property
    def imports(self) -> list[Import]:
        """Every import from one module of the package to another, late ones and those for types too."""
        return [found for module in self.modules.values() for found in self._imports(module)]

    def _imports(self, module: Module) -> Iterator[Import]:
        for node in module.nodes:
            if isinstance(node, ast.ImportFrom | ast.Import):
                for target in self._targets(node):
                    yield Import(module.name, target, node.lineno, node.col_offset > 0)

    def _targets(self, node: ast.ImportFrom | ast.Import) -> Iterator[str]:
        """The modules that one statement brings in: of `from folder import a, b` both files."""
        prefix, dot = f"{PACKAGE}.", "."
        if isinstance(node, ast.Import):
            yield from (alias.name.removeprefix(prefix) for alias in node.names if alias.name.startswith(prefix))
        elif node.module == PACKAGE or (node.module or "").startswith(prefix):
            place = (node.module or "").removeprefix(PACKAGE).removeprefix(dot)
            files = {f"{place}.{alias.name}".removeprefix(dot) for alias in node.names}
            yield from {place} if place in self.modules else files & self.modules.keys()

    def below(self, folder: str) -> Iterator[Module]:
        """The modules in a folder of the package."""
        return (module for module in self.modules.values() if module.parts[0] == folder)


# 1. The crawl and its backends


def concrete_imports(house: House) -> list[Import]:
    """The places where the crawl names a concrete backend outside a `build.py`."""
    return [
        found
        for found in house.imports
        if found.importer.split(".")[0] in CRAWL and not found.importer.endswith(".build") and _concrete(found.target)
    ]


def _concrete(module: str) -> bool:
    parts = module.split(".")
    return parts[0] in BACKENDS and parts[-1] not in NOT_CONCRETE


# 2. The largest class


class Size(NamedTuple):
    """The size of a class."""

    name: str
    attributes: int
    methods: int
    late: tuple[str, ...]
    """Attributes that appear on `self` although neither the class nor `__init__` declares them."""


def class_sizes(house: House) -> list[Size]:
    """The classes of `crawl/`."""
    return [_size(cls) for module in house.below("crawl") for cls in module.classes]


def _size(cls: ast.ClassDef) -> Size:
    methods = [node for node in cls.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    fields = (node.target for node in cls.body if isinstance(node, ast.AnnAssign))
    declared = {field.id for field in fields if isinstance(field, ast.Name)}
    for method in methods:
        if method.name == "__init__":
            declared |= _assigned(method)
    late = set().union(*map(_assigned, methods)) - declared
    return Size(cls.name, len(declared | late), len(methods), tuple(sorted(late)))


def _assigned(method: ast.AST) -> set[str]:
    """The attributes of `self` that a method sets."""
    return {
        node.attr
        for node in ast.walk(method)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }


# 3. What a new job touches


def touched_by_a_job(house: House) -> list[str]:
    """The modules that name a built-in job or its site, outside the folders that are that job's own."""
    return [
        module.name
        for module in house.modules.values()
        if not _own(module) and any(BUILT_IN.search(word) for word in _words(module))
    ]


def _own(module: Module) -> bool:
    first, *places = module.parts
    return first in OWN and any(BUILT_IN.fullmatch(place) or place == JOB_WITH_A_COMMON_WORD for place in places)


def _words(module: Module) -> Iterator[str]:
    """Everything in a module that is code: names, imports and strings, but neither comments nor docstrings."""
    documentation = {id(node.value) for node in module.nodes if isinstance(node, ast.Expr)}
    yield module.name
    for node in module.nodes:
        match node:
            case ast.Constant(value=str(text)) if id(node) not in documentation:
                yield text
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.arg(arg=name):
                yield name
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ImportFrom(module=str(name)) | ast.keyword(arg=str(name)):
                yield name


# 4. Names


def module_names(house: House) -> dict[str, list[str]]:
    """Names that several modules have, with the modules."""
    return _twice((module.parts[-1], module.name) for module in house.modules.values())


def class_names(house: House) -> dict[str, list[str]]:
    """Names that several classes have, with their modules."""
    return _twice((cls.name, module.name) for module in house.modules.values() for cls in module.classes)


def _twice(names: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for name, place in names:
        places[name].append(place)
    return {name: found for name, found in sorted(places.items()) if len(found) > 1}


def unmeant(house: House) -> dict[str, list[str]]:
    """Names that several modules have by accident."""
    commands = {found.target for found in house.imports if found.importer == "cli" and found.late}
    left = {
        name: [place for place in places if place not in commands] for name, places in module_names(house).items()
    }
    return {
        name: places
        for name, places in left.items()
        if name not in SAME_ROLE and not all(_siblings(*pair) for pair in combinations(places, 2))
    }


def _siblings(one: str, other: str) -> bool:
    """Whether two modules do the same for two services: `storage.s3.blobs` and `storage.files.blobs`."""
    (first, *inner), (second, *others) = one.split("."), other.split(".")
    return first == second and first in SIBLINGS and inner[1:] == others[1:] and len(inner) > 1


# 5. Circles, functions, inheritance


def circles(house: House) -> list[str]:
    """The modules whose imports lead back to them."""
    graph: defaultdict[str, set[str]] = defaultdict(set)
    for found in house.imports:
        graph[found.importer].add(found.target)
    return [name for name in house.modules if name in _reached(graph, name)]


def _reached(graph: Mapping[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    ahead = set(graph.get(start, ()))
    while ahead:
        reached |= ahead
        ahead = set().union(*(graph.get(name, set()) for name in ahead)) - reached
    return reached


def function_lines(house: House) -> list[tuple[int, str]]:
    """The length of each function without its docstring, the longest first."""
    found = [
        (_lines(node), f"{module.name}.{node.name}")
        for module in house.modules.values()
        for node in module.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return sorted(found, reverse=True)


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = function.body[0]
    documentation = _span(first) if ast.get_docstring(function) is not None else 0
    return _span(function) - documentation


def _span(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def ninth_decile(lines: Sequence[tuple[int, str]]) -> int:
    """The length that nine in ten functions stay within."""
    return round(quantiles([length for length, _ in lines], n=10)[-1])


def inheritance(house: House) -> list[tuple[int, str]]:
    """The depth of inheritance of each class within the package, the deepest first."""
    parents = {
        f"{module.name}.{cls.name}": [base for node in cls.bases if (base := _base(house, module, node))]
        for module in house.modules.values()
        for cls in module.classes
    }

    def depth(name: str) -> int:
        return max((1 + depth(base) for base in parents[name] if base in parents), default=0)

    return sorted(((depth(name), name) for name in parents), reverse=True)


def _base(house: House, module: Module, node: ast.expr) -> str | None:
    """The full name of a base class, if it comes from the package."""
    match node:
        case ast.Name(id=name):
            return f"{_origin(module, name) or module.name}.{name}"
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return f"{_origin(module, owner)}.{owner}.{name}"
        case ast.Subscript(value=inner):
            return _base(house, module, inner)
    return None


def _origin(module: Module, name: str) -> str | None:
    """The module or folder of the package that a name was imported from."""
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom) and any(name in (alias.asname, alias.name) for alias in node.names):
            return (node.module or "").removeprefix(f"{PACKAGE}.")
    return None


# 6. Mocks


def mocks_per_1000_lines(root: Path) -> float:
    """The uses of pytest's `monkeypatch`, and other settings of the package's own names by tests, in every thousand
    lines of the tests.
    """
    texts = [path.read_text(encoding="utf-8") for path in sorted((root / "tests").rglob("*.py"))]
    return 1000 * sum(map(_mocks, texts)) / sum(len(text.splitlines()) for text in texts)


def _mocks(text: str) -> int:
    nodes = list(ast.walk(ast.parse(text)))
    imported = {
        alias.asname or alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE
        for alias in node.names
    }
    return sum(_is_mock(node, imported) for node in nodes)


def _is_mock(node: ast.AST, imported: Collection[str]) -> bool:
    match node:
        case ast.Name(id="monkeypatch") | ast.arg(arg="monkeypatch"):
            return True
        case ast.Attribute(value=ast.Name(id=owner), ctx=ast.Store()):
            return owner in imported
    return False


# The table


class Fact(NamedTuple):
    """One line of the table."""

    name: str
    today: str
    goal: str
    details: Sequence[str] = ()


def facts(house: House) -> Iterator[Fact]:
    """All facts, in the order of the docs."""
    concrete = concrete_imports(house)
    title = "imports of concrete backends by the crawl, outside build.py"
    yield Fact(title, str(len(concrete)), "0", list(map(str, concrete)))
    yield _largest_class(class_sizes(house))
    touched = touched_by_a_job(house)
    yield Fact("files outside its own folders that a new job changes", str(len(touched)), "1", touched)
    yield _names(house)
    yield _shape(house)
    yield Fact("mocks (monkeypatch) in 1000 lines of tests", f"{mocks_per_1000_lines(house.root):.1f}", "under 1")


def _largest_class(sizes: Sequence[Size]) -> Fact:
    attributes, methods = (max(sizes, key=key) for key in (lambda size: size.attributes, lambda size: size.methods))
    late = [f"{size.name}.{name}" for size in sizes for name in size.late]
    details = [f"{attributes.name}: {attributes.attributes} attributes", f"{methods.name}: {methods.methods} methods"]
    today = f"{attributes.attributes} / {methods.methods}; {len(late)}"
    title = "largest class of crawl/: attributes / methods; attributes bound late"
    return Fact(title, today, "12 / 15; 0", details + late)


def _names(house: House) -> Fact:
    modules, classes = unmeant(house), class_names(house)
    told = [f"{name}: {', '.join(places)}" for names in (modules, classes) for name, places in names.items()]
    meant = len(module_names(house)) - len(modules)
    today = f"{len(modules)} + {len(classes)}; {meant} more on purpose"
    return Fact("names used twice: modules + classes", today, "under 5", told)


def _shape(house: House) -> Fact:
    ring, functions, deepest = circles(house), function_lines(house), inheritance(house)[0]
    longest, name = functions[0]
    today = f"{len(ring)}; {ninth_decile(functions)} / {longest}; {deepest[0]}"
    details = [*ring, f"longest: {name}", f"deepest: {deepest[1]}"]
    return Fact("modules in circles; function lines p90 / max; depth of inheritance", today, "0; 13 / 35; 2", details)


def table(rows: Sequence[Fact]) -> Iterator[str]:
    """The facts as a plain table, and the details of each."""
    name, today = (max(len(row[column]) for row in rows) for column in (0, 1))
    yield f"{'fact':{name}}  {'today':{today}}  goal"
    for row in rows:
        yield f"{row.name:{name}}  {row.today:{today}}  {row.goal}"
    for row in rows:
        if row.details:
            yield from ("", f"{row.name}:", *(f"  {line}" for line in row.details))


def main() -> None:
    """Print the table of this checkout, or of another."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    print(*table(list(facts(House(root)))), sep="\n")


if __name__ == "__main__":
    main()
