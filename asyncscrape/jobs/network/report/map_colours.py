"""The colours of the map, for its page and its picture, chosen so that colour-blind people can tell them apart.

Generations follow each other, so their colours grow lighter in one direction. The largest communities have colours
that differ in hue and lightness, also for eyes without red or green receptors; the others share three greys.
"""

from __future__ import annotations

ERA_COLOURS = {
    "light": ("#1b068d", "#6600a7", "#a31e9a", "#d14e72", "#f1814d", "#f0ad1c"),
    "dark": ("#8f1bb0", "#b7318a", "#da5b69", "#f48849", "#febd2a", "#f0f921"),
}
COMMUNITY_COLOURS = {
    "light": (
        *("#6c04fb", "#f89a0d", "#753007", "#6dc4fe", "#1821aa", "#6465b1"),
        *("#967e19", "#07d79e", "#159ea3", "#b471fd", "#b22160", "#6b0565"),
    ),
    "dark": (
        *("#5145fe", "#e9f413", "#ca050a", "#efaeff", "#f93eb3", "#8c8efd"),
        *("#d37811", "#19da9b", "#ad16b3", "#aafdd2", "#dbb726", "#19806f"),
    ),
}
OTHER_COMMUNITIES = {
    "light": ("#6e6e76", "#93939b", "#54545c"),
    "dark": ("#8b8b94", "#6a6a73", "#a9a9b2"),
}
"""The greys of the smaller communities, in turns."""
NEITHER = {"light": "#c3c3c8", "dark": "#4b4b53"}
"""The colour of accounts without a generation or community."""


def community_colour(number: int, scheme: str) -> str:
    """The colour of the community with that number."""
    distinct, others = COMMUNITY_COLOURS[scheme], OTHER_COMMUNITIES[scheme]
    return distinct[number] if number < len(distinct) else others[(number - len(distinct)) % len(others)]
