"""The report of the crypto job; `make.py` is the way in, and what is heavy is imported only when a report is made."""
