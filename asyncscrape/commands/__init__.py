"""What the commands do; imported by `asyncscrape.cli` only when one of them is called."""
