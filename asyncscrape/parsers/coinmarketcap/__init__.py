"""CoinMarketCap: the list of coins and the daily history of each, from three sources into the same two tables.

`keyless_api`     the web data API that the site's own pages ask
`pro_api`         the official API, with the user's key
`history_pages`   the historical-data pages as they were in 2020

A source knows which URLs to ask and reads the answers. A history request holds everything needed to understand its
answer: the wanted days in the URL, and the coin's slug, which answers lack, in the note.
"""
