"""The promises of steps on the disk."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from asyncscrape.disk import SerialThread, explain


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


async def test_a_step_that_fails_after_everybody_has_left_is_not_told_of_as_a_fault() -> None:
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    thread, begun, left = SerialThread(), asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def step() -> None:
        loop.call_soon_threadsafe(begun.set)
        left.wait(10)
        raise OSError("the disk is full")

    waiter = asyncio.create_task(thread.run(step))
    await begun.wait()
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    left.set()
    await thread.idle()
    del thread, waiter
    gc.collect()
    assert [] == told


def test_a_full_disk_is_told_of_in_the_same_words_by_libraries_that_have_the_number_in_their_text() -> None:
    told = explain(OSError("No space left on device (os error 28)"), Path("parts"))
    assert "no room left on the disk for parts; nothing is lost: make room and run the job again" == told
