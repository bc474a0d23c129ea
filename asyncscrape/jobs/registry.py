"""The built-in jobs by the word that a config has for them: `kind = "crypto"`. A new one is a line here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from asyncscrape.jobs.base import BuiltIn

KINDS = (
    "crypto",
)  # fmt: skip
"""Each is also the name of the folder beside this file that holds the job."""


class Registry(Mapping[str, BuiltIn]):
    """The jobs by kind; one is imported when it is asked for, and no other."""

    def __getitem__(self, kind: str) -> BuiltIn:
        if kind not in KINDS:
            raise KeyError(kind)
        job: BuiltIn = import_module(f"asyncscrape.jobs.{kind}.built_in").JOB
        return job

    def __contains__(self, kind: object) -> bool:
        return kind in KINDS

    def __iter__(self) -> Iterator[str]:
        return iter(KINDS)

    def __len__(self) -> int:
        return len(KINDS)
