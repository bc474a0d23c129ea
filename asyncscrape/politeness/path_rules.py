"""The rules of a robots.txt about paths, RFC 9309: comparing, and which rule decides. Pure.

A file of 500 KiB holds 40,000 rules, and a run may meet many such files. So a few rules are kept as they are, which
is fastest; many are packed, in a twentieth of the memory, and one look finds those without wildcards among them. The
verdicts are the same.
"""

from __future__ import annotations

import re
import string
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple, Protocol

from asyncscrape.urls import LONGEST, path_and_query

FEW = 256
FEW_OCTETS = 16_384
"""So many rules, with so many octets in their paths, are kept as they are."""
LONGEST_MATCH = 3 * LONGEST
"""Octets of the longest path, with everything escaped that can be."""
QUICK = 15_000_000
"""Octets of rules with wildcards times characters of the path that are compared in some 3 ms."""
PACKED, UNPACKED = 2_000, 500
"""Characters that take as long to compare as an octet of a rule takes to be made ready."""
SPELLING = 2_500
"""Octets that take as long to compare as a path takes to be brought to one spelling."""

_ESCAPE_OR_ODD = re.compile(r"%[0-9A-Fa-f]{2}|[^A-Za-z0-9._~/?:@!&'(),;=+\[\]-]")
_PLAIN = re.compile(r"[A-Za-z0-9._~/?:@!&'(),;=+\[\]-]*").fullmatch
_IN_PATH = frozenset(f"{string.ascii_letters}{string.digits}-._~:@!&'(),;=+[]")
_IN_QUERY = _IN_PATH | {"/", "?"}


def _normal(text: str, kept: str = "") -> str:
    """One spelling for everything the RFC calls equal, so that comparing characters is enough.

    Escapes of harmless characters are undone; everything else is escaped, in capitals. An escaped "/" or "?" differs
    from a plain one in the path, where they give the structure, but not in the query. Characters in `kept` stay as
    they are: "*" in a rule. Elsewhere "*" and "$" are escaped, since unescaped they have a meaning in a rule.
    """
    if _PLAIN(text):
        return text
    path, mark, query = text.partition("?")
    return _spell(path, _IN_PATH, kept) + mark + _spell(query, _IN_QUERY, kept)


def _spell(text: str, unescaped: frozenset[str], kept: str) -> str:
    def one(found: re.Match[str]) -> str:
        piece = found[0]
        if len(piece) == 3:
            character = chr(int(piece[1:], 16))
            return character if character in unescaped else piece.upper()
        if piece in kept:
            return piece
        return "".join(f"%{byte:02X}" for byte in piece.encode("utf-8", "surrogateescape"))

    return _ESCAPE_OR_ODD.sub(one, text)


class PathRule(NamedTuple):
    """One Allow or Disallow."""

    path: str
    """In one spelling, with "*" for wildcards and without the "$"."""
    anchored: bool
    """Whether the URL must end there ("$")."""
    allow: bool

    @property
    def length(self) -> int:
        """Octets of the path as compared; the longest matching rule decides."""
        return len(self.path) + self.anchored

    @property
    def cut(self) -> CutRule:
        """The rule cut at its wildcards."""
        head, *parts = self.path.split("*")
        return CutRule(head, tuple(parts), self.anchored, self.allow)


class CutRule(NamedTuple):
    """A rule, ready to be compared."""

    head: str
    """The beginning of the URL."""
    parts: tuple[str, ...]
    """The pieces that follow each "*", in order."""
    anchored: bool
    allow: bool

    def fits(self, path: str) -> bool:
        """Whether the rule matches this path; in linear time, whatever the wildcards."""
        if not path.startswith(self.head):
            return False
        if not self.parts:
            return not self.anchored or len(path) == len(self.head)
        position = len(self.head)
        for part in self.parts[:-1]:
            found = path.find(part, position)
            if found < 0:
                return False
            position = found + len(part)
        last = self.parts[-1]
        if self.anchored:
            return len(path) - len(last) >= position and path.endswith(last)
        return path.find(last, position) >= 0


def path_rule(value: str, allow: bool) -> PathRule | None:
    """The rule for the value of "Allow:" or "Disallow:"; None if that is no path, or no URL is as long."""
    if not value.startswith(("/", "*")):
        return None
    path = _normal(value.removesuffix("$"), kept="*")
    return PathRule(path, value.endswith("$"), allow) if len(path) - path.count("*") <= LONGEST_MATCH else None


class PathRules(Protocol):
    """All rules for one user agent."""

    @property
    def size(self) -> int:
        """Bytes of memory that they take, roughly."""

    def heavy(self, url: str) -> bool:
        """Whether the verdict on a URL may take longer than the event loop can wait."""

    def allow(self, url: str) -> bool:
        """Whether they allow a URL, in canonical form: the longest rule that fits decides, Allow before Disallow."""


def together(rules: Collection[PathRule]) -> PathRules:
    """These rules as one."""
    if all(rule.allow for rule in rules):
        return NO_RULES
    in_order = sorted(rules, key=precedence)
    few = len(rules) <= FEW and sum(len(rule.path) for rule in rules) <= FEW_OCTETS
    return FewRules(in_order) if few else ManyRules(in_order)


def precedence(rule: PathRule) -> tuple[int, bool]:
    """The place of a rule among others: the longest decides, and Allow before a Disallow of the same length."""
    return -rule.length, not rule.allow


def _slow(octets: int, before: int, url: str) -> bool:
    """Whether a path may take too long to compare. In one spelling it has up to three times its characters."""
    return (octets + SPELLING) * (before + 3 * len(url)) > QUICK


class FewRules:
    """Rules as they are."""

    def __init__(self, rules: Iterable[PathRule] = ()) -> None:
        """The rules come in the order of their precedence."""
        self._rules = tuple(rule.cut for rule in rules)
        self._heads = tuple({rule.head for rule in self._rules})
        self._octets = sum(1 + len(part) for rule in self._rules for part in rule.parts)

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return sum(300 + len(rule.head) + sum(60 + len(part) for part in rule.parts) for rule in self._rules)

    def heavy(self, url: str) -> bool:
        """Wildcards look through all of a path."""
        return bool(self._heads) and _slow(self._octets, UNPACKED, url)

    def allow(self, url: str) -> bool:
        """Whether they allow a URL."""
        if not self._heads:
            return True
        path = _normal(path_and_query(url))
        # Most URLs begin like none of the rules, and this one test shows it.
        if not path.startswith(self._heads) or path == "/robots.txt":
            return True
        for rule in self._rules:
            if rule.fits(path):
                return rule.allow
        return True


NO_RULES = FewRules()


class ManyRules:
    """Rules in little memory: those with wildcards as one text, of the others no more than the hashes."""

    def __init__(self, rules: Iterable[PathRule]) -> None:
        """The rules come in the order of their precedence."""
        plain: dict[bool, set[int]] = {True: set(), False: set()}
        lengths: dict[int, None] = {}
        wild: list[str] = []
        for path, anchored, allow in rules:
            if "*" in path:
                wild.append(f"{'+' if allow else '-'}{path}{'$' * anchored}")
            else:
                # No path has a "$" of its own: that would be escaped.
                plain[allow].add(hash(path + "$" * anchored))
                lengths[len(path) + anchored] = None
        self._allowed, self._forbidden = (array("q", sorted(plain[allow])) for allow in (True, False))
        self._lengths = tuple(lengths)
        self._wild = "\n".join(wild)

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return 8 * (len(self._allowed) + len(self._forbidden) + len(self._lengths)) + len(self._wild)

    def heavy(self, url: str) -> bool:
        """Those with wildcards are tested one by one, and each length of the others takes a look."""
        return _slow(len(self._wild) + 3 * len(self._lengths), PACKED, url)

    def allow(self, url: str) -> bool:
        """Whether they allow a URL."""
        path = _normal(path_and_query(url))
        if path == "/robots.txt":
            return True
        length, allowed = self._plain_verdict(path)
        for rule in self._wild_rules():
            if (rule.length, rule.allow) <= (length, allowed):
                break
            if rule.cut.fits(path):
                return rule.allow
        return allowed

    def _plain_verdict(self, path: str) -> tuple[int, bool]:
        """The verdict of the longest rule without wildcards that fits, with its length."""
        ending = path + "$"
        for length in self._lengths:
            if length <= len(ending):
                mark = hash(ending[:length])
                for marks, allow in ((self._allowed, True), (self._forbidden, False)):
                    place = bisect_left(marks, mark)
                    if place < len(marks) and marks[place] == mark:
                        return length, allow
        return -1, True

    def _wild_rules(self) -> Iterator[PathRule]:
        for line in self._wild.split("\n") if self._wild else ():
            yield PathRule(line[1:].removesuffix("$"), line.endswith("$"), line[0] == "+")
