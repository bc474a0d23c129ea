"""Copies of CoinMarketCap's three sources, with an invented history of a hundred coins."""
