"""The report of the crypto job; `report.py` is the way in, and imports the others only when a report is made."""
