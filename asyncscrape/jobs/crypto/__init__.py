"""The job "crypto": the daily history of the largest coins, from CoinMarketCap."""
