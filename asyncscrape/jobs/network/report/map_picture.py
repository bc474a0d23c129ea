"""The picture `map.png`: all accounts in the colours of their communities, with the names of the best known.

A small second map beside it shows the same accounts in the colours of their generations.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox, IdentityTransform

from asyncscrape.analysis.picture_style import INK, QUIET, blank, heading, in_font, no_data, shortened
from asyncscrape.jobs.network.report.account_map import ERAS, NONE, AccountMap
from asyncscrape.jobs.network.report.map_colours import COMMUNITY_COLOURS, ERA_COLOURS, NEITHER, community_colour
from asyncscrape.jobs.network.report.map_page import OVERRIDES, counts

SCHEME = "light"
INCHES = (14.0, 10.0)
MAP, SMALL_MAP = (0.015, 0.015, 0.725, 0.85), (0.755, 0.125, 0.225, 0.305)
SIDE, LINE = 0.762, 0.0255
"""Where the legends begin, and the height of one of their lines."""
TOP_OF_COMMUNITIES, TOP_OF_ERAS = 0.845, 0.1
NAMED_ACCOUNTS = 40
LONGEST_TITLE, LONGEST_NAME, LONGEST_ENTRY = 36, 22, 27
LONGEST_LINE = 16
"""Characters."""
LARGE = 0.08
"""The share of all accounts from which on a community has a larger label."""
NUDGE = 0.8
"""How far from its centre a community may be labelled, as a share of its spread."""
TALL = 30
"""The height of a label in pixels, about."""
GAP, BELOW = 4, 11
"""Pixels between two labels, and between an account and its name."""
Places = npt.NDArray[np.floating[Any]]
"""Two columns, x and y."""
SEPARATOR = ", "
"""Stands between the names in a label."""
FROM_THE_LEFT = "\u200e"
MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
TOWER = re.compile(f"([{MARKS}]{{2}})[{MARKS}]+")
"""Marks above marks: two are found in languages, more would cover the map."""
HALO = withStroke(linewidth=2.6, foreground="white", alpha=0.9)


def picture(accounts: AccountMap, source: str) -> bytes:
    """The picture as PNG, in all its colours: with a palette communities would share some."""
    file = io.BytesIO()
    FigureCanvasAgg(drawn(accounts, source)).print_png(file)  # type: ignore[no-untyped-call]
    return file.getvalue()


def drawn(accounts: AccountMap, source: str) -> Figure:
    """The picture as a figure."""
    whole = blank()
    whole.set_size_inches(*INCHES)
    heading(whole, "Who listens to whom", f"{counts(accounts)} · who stands close has the same taste · {source}")
    axes = whole.add_axes(MAP)
    axes.set_axis_off()
    if not len(accounts.names):
        no_data(axes)
        return whole
    _draw_points(axes, accounts, 1.0, community_colours(accounts))
    _write_labels(axes, accounts)
    small = whole.add_axes(SMALL_MAP)
    small.set_axis_off()
    _draw_points(small, accounts, 0.22, era_colours(accounts))
    _list_communities(whole, accounts)
    _list_eras(whole, accounts)
    return whole


def community_colours(accounts: AccountMap) -> npt.NDArray[np.str_]:
    """The colour of each account by its community."""
    colours = [community_colour(number, SCHEME) for number in range(len(accounts.communities))]
    return np.array([*colours, NEITHER[SCHEME]])[accounts.community]


def era_colours(accounts: AccountMap) -> npt.NDArray[np.str_]:
    """The colour of each account by its generation."""
    return np.array([*ERA_COLOURS[SCHEME], NEITHER[SCHEME]])[accounts.generation]


def _followers(accounts: AccountMap) -> npt.NDArray[np.float64]:
    return np.array([max(number or 0, 0) for number in accounts.followers], float)


def _draw_points(axes: Axes, accounts: AccountMap, scale: float, colours: npt.NDArray[np.str_]) -> None:
    """A dot for each account, larger with more followers; the large ones lie below."""
    followers = _followers(accounts)
    roomy = np.clip(10_000 / len(followers), 1, 12) ** 0.5
    areas = scale * roomy * (4 + 1.5 * np.log10(followers + 1) ** 2)
    order = np.lexsort((-areas, accounts.community != NONE))
    x, y = np.nan_to_num(accounts.places[order]).T
    axes.scatter(
        x, y, s=areas[order], c=colours[order].tolist(), alpha=0.8, linewidths=0.25 * scale, edgecolors="white"
    )
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.03)
    axes.apply_aspect()


def _write_labels(axes: Axes, accounts: AccountMap) -> None:
    """Communities at their centres, the largest first; then the best-known accounts, where there is room."""
    taken: list[Bbox] = []
    for one in accounts.communities:
        places = accounts.places[accounts.community == one.number]
        if len(places):
            text = _in_two_lines(shortened(_readable(*one.label.split(SEPARATOR)), LONGEST_TITLE))
            size = 12.5 if one.size > LARGE * len(accounts.names) else 10.5
            _write(axes, _for_label(axes, places), text, taken, fontsize=size, weight="bold", linespacing=1.05)
    for place in _best_known(accounts):
        text = shortened(_readable(accounts.names[place]), LONGEST_NAME)
        below = axes.transData.transform(np.nan_to_num(accounts.places[[place]])) - (0, BELOW)
        _write(axes, below, text, taken, fontsize=8.5)


def _for_label(axes: Axes, places: Places) -> Places:
    """Where the label of a community may stand, in pixels: at its centre or above or below it.

    It should not hide a small community.
    """
    pixels = axes.transData.transform(np.nan_to_num(places))
    middle = np.asarray(np.median(pixels, axis=0), float)
    spread = float(np.median(np.hypot(*(pixels - middle).T)))
    if spread < TALL / 2:
        return middle + (2 * spread + TALL / 2 + GAP) * np.array([(0, -1), (0, 1), (0, 0)])
    return middle + NUDGE * spread * np.array([(0, 0), (0, 1), (0, -1)])


def _readable(*names: str) -> str:
    """The letters of names that the font has, to be read from the left whatever their script."""
    low = (TOWER.sub(r"\1", OVERRIDES.sub("", name)) for name in names)
    return f"{FROM_THE_LEFT}{SEPARATOR.join(filter(None, map(in_font, low)))}"


def _in_two_lines(text: str) -> str:
    """The text, broken between two names, or else between two words, as near to its middle as that allows."""
    spaces = [comma.end() - 1 for comma in re.finditer(SEPARATOR, text)] or [
        space.start() for space in re.finditer(" ", text)
    ]
    if len(text) <= LONGEST_LINE or not spaces:
        return text
    middle = min(spaces, key=lambda at: abs(at - len(text) / 2))
    return f"{text[:middle]}\n{FROM_THE_LEFT}{text[middle + 1 :]}"


def _best_known(accounts: AccountMap) -> Sequence[int]:
    """The accounts to name: the most followed, and of each community the one to which most interactions lead."""
    most_followed = np.argsort(-_followers(accounts), kind="stable")[:NAMED_ACCOUNTS].tolist()
    return list(
        dict.fromkeys([*most_followed, *(int(place) for one in accounts.communities for place in one.top[:1])])
    )


def _write(axes: Axes, places: Places, text: str, taken: list[Bbox], **look: Any) -> None:
    """Write a label at the first of these pixels where it stays in the picture and covers no other; or nowhere."""
    if text == FROM_THE_LEFT:
        return
    look |= {"ha": "center", "va": "center", "color": INK, "parse_math": False, "path_effects": [HALO]}
    label = axes.text(0, 0, text, transform=IdentityTransform(), **look)
    for place in places:
        label.set_position(place.tolist())
        box = label.get_window_extent()
        inside = box.x0 >= axes.bbox.x0 and box.x1 <= axes.bbox.x1 and box.y0 >= 0 and box.y1 <= axes.bbox.y1 + TALL
        if inside and not box.padded(GAP).count_overlaps(taken):
            taken.append(box)
            return
    label.remove()


def _list_communities(whole: Figure, accounts: AccountMap) -> None:
    """The largest communities with their sizes, and how many more there are."""
    distinct = len(COMMUNITY_COLOURS[SCHEME])
    entries = [
        (
            community_colour(one.number, SCHEME),
            shortened(_readable(*one.label.split(SEPARATOR)), LONGEST_ENTRY),
            one.size,
        )
        for one in accounts.communities[:distinct]
    ]
    if smaller := accounts.communities[distinct:]:
        told = f"{len(smaller):,} smaller {'one' if len(smaller) == 1 else 'ones'}"
        entries.append((community_colour(distinct, SCHEME), told, sum(one.size for one in smaller)))
    if outside := int((accounts.community == NONE).sum()):
        entries.append((NEITHER[SCHEME], "in no community", outside))
    _legend(whole, TOP_OF_COMMUNITIES, "Communities", entries)


def _list_eras(whole: Figure, accounts: AccountMap) -> None:
    """The generations with their sizes, in two columns below their map."""
    sizes = np.bincount(accounts.generation[accounts.generation != NONE], minlength=len(ERAS))
    whole.text(SIDE - 0.004, 0.45, "Generations", fontsize=12.5, color=INK, weight="bold", va="center")
    for number, era in enumerate(ERAS):
        x, y = SIDE + 0.118 * (number // 3), TOP_OF_ERAS - LINE * (number % 3)
        _dot(whole, x, y, ERA_COLOURS[SCHEME][number])
        whole.text(x + 0.009, y, era, fontsize=8.5, color=INK, va="center")
        whole.text(x + 0.105, y, f"{sizes[number]:,}", fontsize=8.5, color=QUIET, va="center", ha="right")


def _legend(whole: Figure, top: float, title: str, entries: Iterable[tuple[str, str, int]]) -> None:
    whole.text(SIDE - 0.004, top, title, fontsize=12.5, color=INK, weight="bold", va="center")
    for line, (colour, text, number) in enumerate(entries, 1):
        y = top - LINE * 0.25 - LINE * line
        _dot(whole, SIDE, y, colour)
        whole.text(SIDE + 0.01, y, text, fontsize=10, color=INK, va="center", parse_math=False)
        whole.text(0.979, y, f"{number:,}", fontsize=10, color=QUIET, va="center", ha="right")


def _dot(whole: Figure, x: float, y: float, colour: str) -> None:
    whole.text(x, y, "●", fontsize=10, color=colour, va="center", ha="center")
