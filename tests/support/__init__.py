"""Helpers for several tests: servers, configs, crawls, and the program as users start it."""
