"""Text of strangers cannot control a terminal, wherever it is printed or logged."""

from __future__ import annotations

import ast
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

import asyncscrape
from asyncscrape.logs import JsonFormatter, TextFormatter
from asyncscrape.printable import printable
from asyncscrape.views.safe_console import SafeConsole

EVIL = "a\x1b]0;title\x1b\\b\x1b[2J\x9b2Jc\u202egpj.\u2028d\ud800e\r\ufeff"
SHOWN = "a\\u001b]0;title\\u001b\\b\\u001b[2J\\u009b2Jc\\u202egpj.\\u2028d\\ud800e"


def test_what_controls_or_hides_is_escaped_and_what_letters_need_is_not() -> None:
    assert SHOWN + "\\u000d\\ufeff" == printable(EVIL)
    for kept in ("two\n\tlines", "naïve — ‘夜’ 🎛️ עברית", "नी\u200dल", "a\u200fb", "👩\u200d🚀"):
        assert kept == printable(kept)


def test_escapes_mean_the_same_in_json() -> None:
    assert EVIL == json.loads(printable(json.dumps(EVIL, ensure_ascii=False)))


@pytest.mark.parametrize("terminal", [True, False])
def test_a_console_shows_escapes_in_whatever_it_prints(terminal: bool) -> None:
    for form in (EVIL, Text(EVIL), Text.assemble(("x", "red"), (EVIL, "bold")), Panel(Text("y"), title=Text(EVIL))):
        assert SHOWN in drawn(form, terminal)
    table = Table()
    table.add_column(EVIL)
    table.add_row(Text(EVIL))
    assert SHOWN[:15] in drawn(table, terminal)


def drawn(form: object, terminal: bool) -> str:
    """What goes to the terminal, with our own codes for colours taken away."""
    screen = io.StringIO()
    SafeConsole(file=screen, force_terminal=terminal, width=200, highlight=False).print(form)
    plain = Text.from_ansi(screen.getvalue()).plain if terminal else screen.getvalue()
    for code in ("\x1b]", "\x1b\\", "\x1b[2J", "\x9b", "\u202e", "\u2028", "\ud800", "\r"):
        assert code not in screen.getvalue()
    return plain


def test_a_log_shows_escapes_and_its_lines_cannot_be_made_up() -> None:
    record = logging.LogRecord(
        "x", logging.WARNING, "", 0, "the page says %s", (f"{EVIL}\n12:00:00 ERROR lost",), None
    )
    told = TextFormatter().format(record)
    assert SHOWN in told
    assert "\n  12:00:00 ERROR lost" in told
    written = JsonFormatter().format(record)
    assert written == printable(written)
    assert EVIL in json.loads(written)["message"]


def test_all_output_goes_that_way() -> None:
    """But for prompts and the schema, which quote nobody, and what goes through a pipe to the program."""
    package = Path(asyncscrape.__file__).parent
    found = {
        f"{path.relative_to(package)}: {call}"
        for path in package.rglob("*.py")
        if path.parts[len(package.parts)] != "replica"
        for call in calls(ast.parse(path.read_text(encoding="utf-8")))
        if call in ("print", "click.echo", "click.secho", "Console", "traceback.print_exception", "sys.stderr.write")
    }
    assert {"views/echo.py: click.echo", "quality/pattern_program.py: print"} == found


def calls(tree: ast.Module) -> Iterator[str]:
    return (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))
