"""Beatport: for a SoundCloud track, the look-up of the same recording and its columns in the table `tracks`.

1. `wanted`               the facts of a track by which it is looked up; they travel as the note of the request
2. `api`, `public_pages`  the two backends: the URL to ask, and the answers as offers
3. `matching`             the offer that is the same recording, with a score and the reason
4. `columns`              what the offer says, as columns of the track's row, and its files
"""
