"""CoinMarketCap: the sources of its coins and of their daily history."""
