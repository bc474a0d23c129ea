"""The report of the crypto job. It starts in `make.py`; heavy imports happen only when a report is made."""
