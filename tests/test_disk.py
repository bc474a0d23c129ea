"""The promises of steps on the disk."""

from __future__ import annotations

import asyncio
import time

from asyncscrape.disk import SerialThread


async def test_steps_in_a_lane_never_overlap_however_many_wait() -> None:
    thread, inside, most = SerialThread(), 0, 0

    def step() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.01)
        inside -= 1

    await asyncio.gather(*(thread.run(step) for _ in range(8)))
    assert 1 == most
