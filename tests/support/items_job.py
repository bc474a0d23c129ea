"""A built-in job for tests, as a folder in `jobs/` would hold it: the JSON lists of the graph site.

Run as a script, it is the program with this job as the only built-in one:

    python tests/support/items_job.py run items.toml
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import Field, Strict
from rich.text import Text

from asyncscrape.__main__ import main
from asyncscrape.access import GivenToken
from asyncscrape.analysis.report_files import write
from asyncscrape.config.checks import Finding
from asyncscrape.config.models import Config, Section
from asyncscrape.crawl_job import Job
from asyncscrape.jobs.base import BuiltIn, FinishedTables
from asyncscrape.model import Column, Page, PastRequest, Record, Request, Response, Table

LIST = "list"
ITEM = Table("item", ("id",), (Column("id", "int"), Column("name")))


class Items(Section):
    """What the job "items" gets: the items of some lists."""

    host: str = "127.0.0.1"
    """The address of the lists."""
    lists: Annotated[int, Strict(), Field(ge=1)] = 3
    """The number of lists."""
    token: str = ""
    """What the host wants to see, if anything."""
    odd: bool = False
    """Whether only every other list is asked for."""


def presets(table: Mapping[str, Any], environ: Mapping[str, str]) -> Mapping[str, Any]:
    return {"politeness": {"delay": "0s", "robots": False}}


def findings(table: Mapping[str, Any]) -> Iterator[Finding]:
    if table.get("odd") and table.get("lists") == 1:
        yield ("odd",), "leaves nothing of a single list; remove one of the two"


def needs(table: Mapping[str, Any]) -> Iterator[Finding]:
    if table.get("token") == "":
        yield ("token",), "is empty; the host wants to see one"


def plan(config: Config) -> Iterator[str]:
    options = config.section(Items)
    yield f"{options.lists} lists of {options.host}"


def items_job(config: Config, past: Sequence[PastRequest], today: date) -> Job:
    options, known = config.section(Items), {request.url for request in past}
    urls = [f"http://{options.host}/j/{n}.json" for n in range(options.odd, options.lists, 1 + options.odd)]

    def read(response: Response) -> Page:
        return Page([Record(ITEM.name, {name: item[name] for name in ("id", "name")}) for item in listed(response)])

    def seeds() -> Iterator[Request]:
        yield from (Request(url, LIST) for url in urls if url not in known)

    token = GivenToken(options.host, options.token, f"http://{options.host}/me")
    return Job(config.name, (ITEM,), {LIST: read}, seeds, access=(token,) if options.token else ())


def listed(response: Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(response.body)["data"]["items"]
    return found


def report(finished: FinishedTables) -> Text:
    count = finished.read(ITEM).height
    write(finished.folder, [("count.txt", f"{count}\n".encode())])
    return Text(f"{count} items, invented: {finished.synthetic}, crawled: {finished.crawl_seconds is not None}")


JOB = BuiltIn(
    section=Items,
    presets=presets,
    findings=findings,
    plan=plan,
    tables=(ITEM,),
    past_kinds=(LIST,),
    job=items_job,
    extras=(),
    report=report,
    needs=needs,
    lasting=(ITEM.name,),
)

if __name__ == "__main__":
    main({"items": JOB})
