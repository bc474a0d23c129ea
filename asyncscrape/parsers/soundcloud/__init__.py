"""SoundCloud: artists, their tracks, and the comments under them, from two APIs into the same tables.

`official_api`   the public API, with the user's own credentials
`web_api`        the API behind the site's own pages
`music_tables`   the tables and their rows
`described`      a profile, an upload and a comment, as both APIs describe them
`wire`           the objects as they are sent, and the reasons why an answer cannot be used
`sent_objects`   from the one to the other
`readings`       ids, counts, times and texts, in every form in which they are sent
`paging`         when and where to read on
`images`         the largest size of each picture, and the next smaller one
`choosing`       whom a search for a name means
`request_notes`  the facts that a request carries besides its URL

An API knows which URLs to ask and reads the answers. All that a parser needs besides an answer stands in the URL and
the note of its request. An API's id of the client, or its token, is in neither.
"""
