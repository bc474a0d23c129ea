"""pyproject.toml names the packages that the program imports."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
COME_WITH = {
    "aiodns": "aiohttp",  # these three are its [speedups]
    "brotli": "aiohttp",
    "backports-zstd": "aiohttp",
    "aiobotocore": "aioboto3",  # built on these two, and shows their exceptions
    "botocore": "aioboto3",
    "pydantic-core": "pydantic",
}
FOR_TYPES = "types-"
OURS = "asyncscrape"
NEWER = {"compression"}
"""In the standard library, but not in every version that we run on."""


def test_what_is_imported_is_declared() -> None:
    known = declared("dependencies") | extras()
    undeclared = {
        module: packages
        for module, packages in imported_packages().items()
        if not any(COME_WITH.get(name, name) in known or name.startswith(FOR_TYPES) for name in packages)
    }
    assert {} == undeclared


def declared(key: str) -> set[str]:
    return {normal(line) for line in PROJECT[key]}


def extras() -> set[str]:
    optional = PROJECT["optional-dependencies"]
    return {normal(line) for extra, lines in optional.items() if extra != "dev" for line in lines}


def normal(requirement: str) -> str:
    """The name at the beginning of a requirement, normalised for comparison."""
    name = re.match(r"[\w.-]+", requirement)
    assert name
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def imported_packages() -> dict[str, list[str]]:
    """The outside modules that the program imports, and the packages that may have brought them. One that is not
    installed, since only some need it, has the name of its package.
    """
    brought = packages_distributions()
    elsewhere = set(imported_modules()) - sys.stdlib_module_names - NEWER - {OURS}
    return {module: [normal(package) for package in brought.get(module, [module])] for module in elsewhere}


def imported_modules() -> Iterator[str]:
    for path in (ROOT / OURS).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                yield (node.module or "").partition(".")[0]
