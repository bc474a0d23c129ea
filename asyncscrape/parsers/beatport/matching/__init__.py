"""Matching: whether a search result is the recording that a SoundCloud track holds, in the same version.

An upload's title is free text, so it is read against one offer at a time:

1. `layout`          the title falls into parts: between dashes, in brackets
2. `title_reading`   the offer's title is found in it; names, labels and dust explain words; some words are left
3. `versions`        remix, edit, dub, live …, and by whom: the same on both sides?
4. `evidence`        title, artists, version, duration and ISRC each give a clue: a factor and its reason
5. `best`            the product is the score; the best of the first six offers above the threshold is the match

`spelling` and `scripts` bring every way of writing a word to one; `credits` does it for names.
"""
