"""Moved."""

from asyncscrape.lease_clock import now as now
