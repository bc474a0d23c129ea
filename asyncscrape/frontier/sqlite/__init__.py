"""The frontier of one machine: a queue and a journal in one SQLite file."""
