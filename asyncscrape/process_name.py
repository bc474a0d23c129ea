"""The name of this process in messages to people at other machines."""

from __future__ import annotations

import os
import socket


def process_name(who: str = "") -> str:
    """This process as others know it: "2 on example (process 4711)"."""
    return f"{who or 'asyncscrape'} on {socket.gethostname()[:30]} (process {os.getpid()})"
