"""Moved."""

from asyncscrape.team import Last as Last
from asyncscrape.team import Lease as Lease
from asyncscrape.team import Share as Share
from asyncscrape.team import Team as Team
