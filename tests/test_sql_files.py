"""SQL statements, found by name in the files of a package."""

from __future__ import annotations

from pathlib import Path

import pytest

from asyncscrape import sql_files

QUERIES = """-- Words before the first name belong to no statement.

-- name: one
SELECT 1

-- name: two
-- A comment stays with its statement.
SELECT 2,
    3
"""


@pytest.fixture
def package(tmp_path: Path, search_path: list[str]) -> str:
    """A package with SQL in it."""
    home = tmp_path / "with_sql"
    (home / "steps").mkdir(parents=True)
    (home / "__init__.py").touch()
    (home / "queries.sql").write_text(QUERIES)
    (home / "steps/0001_first.sql").write_text("SELECT 1")
    (home / "steps/notes.txt").touch()
    search_path.insert(0, str(tmp_path))
    return "with_sql"


def test_sql_is_found_by_name(package: str) -> None:
    expected = {"one": "SELECT 1", "two": "-- A comment stays with its statement.\nSELECT 2,\n    3"}
    assert expected == sql_files.statements(package)
    assert QUERIES == sql_files.script(package, "queries.sql")
    assert [("0001_first", "SELECT 1")] == list(sql_files.scripts(package, "steps"))
