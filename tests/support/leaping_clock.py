"""An event loop whose clock a test puts forward: a limit is over when the test says so, however slow the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec

P = ParamSpec("P")


class _Loop(asyncio.SelectorEventLoop):
    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


def leap(seconds: float) -> None:
    """Let this much time pass at once."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, _Loop)
    loop.ahead += seconds


def leaping(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Run a test on a clock that it can put forward."""

    @wraps(test)
    def run(*args: P.args, **named: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(test(*args, **named))  # type: ignore[arg-type]

    return run
