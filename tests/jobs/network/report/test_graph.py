"""The graph for Gephi: valid, safe whatever people call themselves, and true to the matrix."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from lxml import etree
from support.network_tables import account, network

from asyncscrape.jobs.network.config import Weights
from asyncscrape.jobs.network.report.account_map import NONE, AccountMap, Community
from asyncscrape.jobs.network.report.graph import GEXF, VIZ, colours, write_graph
from asyncscrape.jobs.network.report.matrices import Matrices, matrices

WEIGHTS = Weights().by_kind

GRAMMAR = Path(__file__).with_name("gexf.rng")
HARD = ("<script>alert(1)</script>", "\"&' ]]>", "a\x00b\x1bc\ufffe", "line\nand\ttab", "", None, "夜 🎛️ עברית")


@pytest.fixture(scope="module")
def made() -> Matrices:
    accounts = [account(n, position=n, name=name, followers=None if n == 1 else n) for n, name in enumerate(HARD, 1)]
    ties = [
        (1, "follows", 2, 1),
        (1, "likes", 2, 1),
        (2, "likes", 1, 3),
        (2, "comments", 3, 2),
        (3, "reposts", 99, 5),
    ]
    return matrices(network([*accounts, account(99)], [*ties, (3, "comments", 3, 2)]), WEIGHTS)


@pytest.fixture(scope="module")
def drawn() -> AccountMap:
    """A map on which the accounts 2 and 3 stand."""
    return AccountMap(
        ids=np.array([2, 3]),
        permalinks=["u2", "u3"],
        names=["two", "three"],
        followers=[2, 3],
        generation=np.array([5, NONE], np.int8),
        community=np.array([0, NONE], np.int16),
        bridges=np.array([NONE, NONE], np.int16),
        places=np.array([[0.5, -1], [0, 0]], np.float32),
        ties=np.full((2, 8), NONE, np.int32),
        strengths=np.zeros((2, 8), np.float32),
        communities=[Community(0, "A < B\x00", 1, [0], [0, 0, 0, 0, 0, 1], 0.5)],
        facts={},
    )


@pytest.fixture(scope="module")
def graph(made: Matrices, drawn: AccountMap) -> etree._Element:
    return etree.fromstring(written(made, drawn))


def written(made: Matrices, drawn: AccountMap) -> bytes:
    file = io.BytesIO()
    write_graph(made, drawn, file)
    return file.getvalue()


def test_it_is_valid(graph: etree._Element) -> None:
    grammar = etree.RelaxNG(etree.parse(GRAMMAR))
    grammar.assertValid(graph)


def test_names_stay_text_and_lose_only_what_xml_cannot_hold(graph: etree._Element) -> None:
    labels = [node.get("label") for node in graph.iter(f"{{{GEXF}}}node")]
    assert [HARD[0], HARD[1], "abc", HARD[3], "u5", "u6", HARD[6]] == labels


def test_ties_are_those_above_3_between_scraped_accounts(graph: etree._Element) -> None:
    ties = {(tie.get("source"), tie.get("target")): tie.get("weight") for tie in graph.iter(f"{{{GEXF}}}edge")}
    assert {("1", "2"): "4", ("2", "3"): "6", ("3", "3"): "6"} == ties


def test_nodes_show_what_is_known(graph: etree._Element) -> None:
    one, two = list(graph.iter(f"{{{GEXF}}}node"))[:2]
    assert {"permalink": "u1"} == values(one)
    assert {"permalink": "u2", "followers": "2", "generation": "2021 and later", "community": "A < B"} == values(two)
    assert [None, ("2500.00", "-5000.00")] == [place(one), place(two)]
    shade = dict(zip("rgb", map(str, colours(1)[0]), strict=True))
    assert [{"r": "150", "g": "150", "b": "150"}, shade] == [
        dict(node.find(f"{{{VIZ}}}color").attrib) for node in (one, two)
    ]


def values(node: etree._Element) -> dict[str | None, str | None]:
    return {value.get("for"): value.get("value") for value in node.iter(f"{{{GEXF}}}attvalue")}


def place(node: etree._Element) -> tuple[str | None, str | None] | None:
    found = node.find(f"{{{VIZ}}}position")
    return None if found is None else (found.get("x"), found.get("y"))


def test_nothing_in_it_depends_on_the_day(made: Matrices, drawn: AccountMap) -> None:
    assert written(made, drawn) == written(made, drawn)
