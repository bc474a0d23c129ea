"""The work of the commands; `asyncscrape.cli` imports each only when it is called."""
