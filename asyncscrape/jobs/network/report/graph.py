"""The graph for Gephi, in GEXF 1.3: scraped accounts, and ties between them that weigh more than a single repost.

A node has its name as label, the colour of its community and a size by what the others give it; those on the map have
their place as well. Nothing in the file depends on the day: equal data give equal bytes.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import BinaryIO
from xml.sax.saxutils import XMLGenerator

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from asyncscrape.jobs.network.report.account_map import ERAS, NONE, AccountMap, shown_name
from asyncscrape.jobs.network.report.matrices import Matrices

ABOVE = 3
"""Ties that weigh more than this are in the graph."""
GEXF, VIZ = "http://gexf.net/1.3", "http://gexf.net/1.3/viz"
NOTHING = MappingProxyType[str, str]({})
ATTRIBUTES = {"permalink": "string", "followers": "long", "generation": "string", "community": "string"}
GREY = (150, 150, 150)
"""The colour of accounts without a community."""
SMALLEST, LARGEST = 4.0, 40.0
"""Diameters of nodes."""
EXTENT = 5000.0
"""Half the width of the map, in the unit of diameters."""
GOLDEN = 0.618034
"""Hues that lie this part of the circle apart stay apart, however many there are."""
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_graph(made: Matrices, drawn: AccountMap, file: BinaryIO) -> None:
    """Write the graph, node by node and tie by tie."""
    ties = _ties(made)
    xml = XMLGenerator(file, "utf-8", short_empty_elements=True)
    xml.startDocument()
    with _element(xml, "gexf", {"xmlns": GEXF, "xmlns:viz": VIZ, "version": "1.3"}):
        with _element(xml, "meta"):
            _leaf(xml, "creator", text="asyncscrape")
            _leaf(xml, "description", text="Who listens to whom")
        with _element(xml, "graph", {"defaultedgetype": "directed", "mode": "static"}):
            with _element(xml, "attributes", {"class": "node"}):
                for name, kind in ATTRIBUTES.items():
                    _leaf(xml, "attribute", {"id": name, "title": name, "type": kind})
            with _element(xml, "nodes"):
                _write_nodes(xml, made, drawn, ties)
            with _element(xml, "edges"):
                _write_edges(xml, made, ties)
    xml.endDocument()


@contextmanager
def _element(xml: XMLGenerator, name: str, attributes: Mapping[str, str] = NOTHING) -> Iterator[None]:
    """An element around what is written inside the context."""
    xml.startElement(name, attributes)  # type: ignore[arg-type]  # any mapping will do
    yield
    xml.endElement(name)


def _leaf(xml: XMLGenerator, name: str, attributes: Mapping[str, str] = NOTHING, text: str = "") -> None:
    """An element without others in it."""
    xml.startElement(name, attributes)  # type: ignore[arg-type]  # any mapping will do
    xml.characters(text)
    xml.endElement(name)


def colours(count: int) -> Sequence[tuple[int, int, int]]:
    """So many colours, red, green and blue from 0 to 255, as unlike as hues can be."""
    shades = (colorsys.hls_to_rgb(number * GOLDEN % 1, 0.4 + 0.2 * (number % 2), 0.75) for number in range(count))
    return [(round(red * 255), round(green * 255), round(blue * 255)) for red, green, blue in shades]


def _ties(made: Matrices) -> csr_matrix:
    """The ties between scraped accounts that weigh enough."""
    among = made.among_rows()
    among.data[among.data <= ABOVE] = 0
    among.eliminate_zeros()
    return among


def _write_nodes(xml: XMLGenerator, made: Matrices, drawn: AccountMap, ties: csr_matrix) -> None:
    shades = colours(len(drawn.communities))
    points = {int(id): point for point, id in enumerate(drawn.ids)}
    told = made.rows.select("id", "permalink", "name", "followers").rows()
    for size, (id, permalink, name, followers) in zip(_sizes(ties), told, strict=True):
        point = points.get(id)
        with _element(xml, "node", {"id": str(id), "label": _clean(shown_name(name, permalink, id))}):
            _write_values(xml, {"permalink": permalink, "followers": followers, **_groups(drawn, point)})
            _write_looks(xml, drawn, point, shades)
            _leaf(xml, "viz:size", {"value": f"{size:.2f}"})


def _write_values(xml: XMLGenerator, values: Mapping[str, str | int | None]) -> None:
    """Those attributes that are known."""
    with _element(xml, "attvalues"):
        for name, value in values.items():
            if value is not None:
                _leaf(xml, "attvalue", {"for": name, "value": _clean(str(value))})


def _write_looks(
    xml: XMLGenerator, drawn: AccountMap, point: int | None, shades: Sequence[tuple[int, int, int]]
) -> None:
    """Colour and place."""
    community = NONE if point is None else int(drawn.community[point])
    channels = map(str, GREY if community == NONE else shades[community])
    _leaf(xml, "viz:color", dict(zip("rgb", channels, strict=True)))
    if point is not None:
        x, y = (f"{place * EXTENT:.2f}" for place in drawn.places[point])
        _leaf(xml, "viz:position", {"x": x, "y": y, "z": "0.0"})


def _sizes(ties: csr_matrix) -> npt.NDArray[np.float64]:
    """Diameters: areas grow with what the others give."""
    given = np.sqrt(np.asarray(ties.sum(axis=0)).ravel())
    return np.asarray(SMALLEST + (LARGEST - SMALLEST) * given / max(given.max(initial=0), 1))


def _groups(drawn: AccountMap, point: int | None) -> dict[str, str | None]:
    """The generation and the community of an account on the map."""
    if point is None:
        return {}
    era, community = int(drawn.generation[point]), int(drawn.community[point])
    return {
        "generation": None if era == NONE else ERAS[era],
        "community": None if community == NONE else drawn.communities[community].label,
    }


def _write_edges(xml: XMLGenerator, made: Matrices, ties: csr_matrix) -> None:
    ids = made.rows["id"].cast(str).to_list()
    coordinates = ties.tocoo()
    listed = zip(coordinates.row.tolist(), coordinates.col.tolist(), coordinates.data.tolist(), strict=True)
    for number, (source, target, weight) in enumerate(listed):
        ends = {"id": str(number), "source": ids[source], "target": ids[target]}
        _leaf(xml, "edge", {**ends, "weight": f"{weight:.15g}"})


def _clean(text: str) -> str:
    """The text without the characters that no XML can hold."""
    return NOT_IN_XML.sub("", text)
