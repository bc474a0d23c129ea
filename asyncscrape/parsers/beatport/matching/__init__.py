"""Matching: whether a search result is the recording that a SoundCloud track holds, in the same version.

An upload's title is free text, so it is read against one offer at a time:

1. `layout`          the title falls into parts: between dashes, in brackets
2. `title_places`    the offer's title is found in it: exactly, with slips, shuffled, shortened, in another script
3. `title_reading`   names, labels, remarks and dust explain words; some are left, in brackets, `beside_title`,
                     in `other_parts` among the `people_words`; all of it goes into `reading_notes`
4. `versions`        remix, edit, dub, live …, and by whom: the same on both sides?
5. `…_evidence`      title, artists, version, duration and ISRC each give a clue (`clues`): a factor and its reason
6. `best`            the product is the score; the best of the first six offers above the threshold is the match

A clue that is only a doubt counts for little where the durations agree: what one side leaves unsaid is no
contradiction. `spelling`, `number_words` and `scripts` bring every way of writing a word to one; `likeness` and
`word_places` compare words, `credits` names.
"""
