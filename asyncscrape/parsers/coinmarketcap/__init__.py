"""CoinMarketCap: what coins there are, and the daily history of each, from three sources with the same two tables.

`keyless_api`     the web data API that the site's own pages ask
`pro_api`         the official API, with the user's key
`history_pages`   the historical-data pages as they were in 2020

A source knows the addresses to ask and reads the answers. Everything a history answer has to be understood by is in
its request: the days that are wanted in the URL, and the coin's slug, which answers lack, in the note.
"""
