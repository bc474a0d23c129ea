"""A crawler that is polite, fast and survives anything; start reading at `asyncscrape.crawl`."""
