"""Page rules that change while records made by them are stored."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from support.frontier_work import ITEM, commit, done, failed, hop, item_of, offer, page, take

from asyncscrape.errors import JobChanged
from asyncscrape.frontier.base import Frontier, Worker
from asyncscrape.model import Column, Rule, Table

OTHER = Table("other", ("id",), (Column("id"),))


def rule(match: str, table: str = "item", **keys: object) -> Rule:
    text = msgspec.json.encode({"match": [match], "table": table, **keys}, order="sorted").decode()
    return Rule((match,), table, text)


ONE = rule("/1*", fields={"id": "@url", "name": "h1"})
TWO = rule("/2*", key=["id"])


async def read(worker: Worker, *numbers: int) -> None:
    """Read pages that each make a record."""
    await offer(worker, *map(page, numbers))
    for request in await take(worker):
        await commit(worker, item_of(request))


async def refusal(worker: Worker, rules: Sequence[Rule]) -> JobChanged:
    with pytest.raises(JobChanged) as refused:
        await worker.agree([ITEM], rules)
    return refused.value


async def test_a_rule_that_read_pages_may_not_change(worker: Worker) -> None:
    await worker.agree([ITEM], [ONE, TWO])
    await read(worker, 1, 11, 2)
    changed = rule("/1*", fields={"id": "@url", "name": "h2", "price": {"css": ".price"}})
    refused = await refusal(worker, [changed, TWO])
    assert (
        """the config changes the meaning of records that are already stored:
  the rule of table item has changed; 2 pages were read by the old one
    fields.name: "h1" → "h2"
    fields.price: (none) → {"css":".price"}
change it back to resume the job"""
        in refused.what
    )
    await worker.agree([ITEM], [ONE, TWO])


async def test_the_ways_out_are_commands_to_type(worker: Worker) -> None:
    await worker.agree([ITEM], [ONE])
    await read(worker, 1)
    refused = await refusal(worker, [])
    assert ["--again", "--mix", "--fresh"] == list(refused.ways)
    told = refused.told("shop.toml --data x").splitlines()[-3:]
    assert ["--again", "--mix", "--fresh"] == [line.split()[5] for line in told]
    assert told[0].startswith("  asyncscrape run shop.toml --data x --again ")


async def test_a_job_that_is_not_finished_cannot_be_crawled_again(worker: Worker) -> None:
    await worker.agree([ITEM], [ONE])
    await read(worker, 1)
    await offer(worker, page(2))
    refused = await refusal(worker, [])
    assert ["--mix", "--fresh"] == list(refused.ways)
    assert "once it is finished, --again" in refused.what


async def test_every_changed_rule_is_told(worker: Worker) -> None:
    links = rule("/1*", "", follow=["a"])
    await worker.agree([ITEM], [ONE, TWO, links])
    await read(worker, 1, 2)
    refused = await refusal(worker, [rule("/1*", fields={}), rule("/1*", "", follow=["b"])])
    told = [line for line in refused.what.splitlines() if "read by" in line]
    assert [
        "  the rule of table item has changed; 1 page was read by the old one",
        "  the rule of table item for /2* is no longer in the config; 1 page was read by the old one",
        "  the rule for /1* has changed; 1 page was read by the old one",
    ] == told


async def test_a_new_rule_for_a_table_with_records_is_a_change(worker: Worker) -> None:
    await worker.agree([ITEM], [ONE])
    await read(worker, 1, 2)
    refused = await refusal(worker, [ONE, TWO])
    assert (
        "the rule of table item for /2* is new, but the table already holds records; 1 page was read without it"
        in (refused.what)
    )


async def test_a_new_rule_for_a_new_table_is_accepted(worker: Worker) -> None:
    await worker.agree([ITEM], [ONE])
    await read(worker, 1)
    await worker.agree([ITEM, OTHER], [ONE, rule("/1*", "other")])


async def test_a_rule_that_read_no_page_may_change(worker: Worker) -> None:
    await worker.agree([ITEM], [ONE, TWO])
    await read(worker, 1)
    await offer(worker, page(2), page(21), page(22))
    missing, moved, _ = await take(worker)
    await commit(worker, failed(missing), hop(moved, page(1).url))
    await worker.agree([ITEM], [ONE, rule("/2*", key=["name"])])
    await worker.agree([ITEM], [ONE])


async def test_a_rule_whose_new_pages_were_read_without_it_has_changed(worker: Worker) -> None:
    await worker.agree([ITEM], [ONE, TWO])
    await read(worker, 1)
    refused = await refusal(worker, [ONE, rule("/*")])
    assert "the rule of table item has changed; 1 page was read without it" in refused.what


async def test_changes_of_tables_and_rules_are_told_together_and_cannot_be_mixed(worker: Worker) -> None:
    await worker.agree([ITEM], [ONE])
    await read(worker, 1)
    with pytest.raises(JobChanged) as refused:
        await worker.agree([Table("item", ("name",), ITEM.columns)], [rule("/1*", key=["name"])], mix=True)
    assert "the key was ['id'] and is now ['name']" in refused.value.what
    assert 'key: (none) → ["name"]' in refused.value.what
    assert ["--again", "--fresh"] == list(refused.value.ways)


async def test_mixing_stores_the_new_rules(worker: Worker) -> None:
    await worker.agree([ITEM], [ONE])
    await read(worker, 1)
    await worker.agree([ITEM], [TWO], mix=True)
    await worker.agree([ITEM], [TWO])
    assert ("item",) == (await worker.totals()).mixed


async def test_a_job_that_never_stored_its_rules_takes_those_of_today(frontier: Frontier) -> None:
    async with frontier.join() as worker:
        await worker.agree([ITEM])
        await read(worker, 1)
    async with frontier.join() as worker:
        await worker.agree([ITEM], [ONE])
        await worker.agree([ITEM])
        assert () == (await worker.totals()).mixed
        await refusal(worker, [TWO])


async def test_only_pages_count(worker: Worker) -> None:
    await worker.agree([ITEM], [ONE])
    await offer(worker, msgspec.structs.replace(page(1), kind="sitemap"))
    (asked,) = await take(worker)
    await commit(worker, done(asked))
    await worker.agree([ITEM], [TWO])


async def test_what_was_used_follows_the_rules_to_their_new_numbers(frontier: Frontier) -> None:
    one, two = Rule(("/1",), "", '{"match":["/1"]}'), Rule(("/*",), "item", '{"match":["/*"],"table":"item"}')
    new = Rule(("/1*",), "other", '{"match":["/1*"],"table":"other"}')
    async with frontier.join() as worker:
        await worker.agree([ITEM], [one, two])
        await offer(worker, page(1))
        (asked,) = await take(worker)
        uses = ("rule 1", "rule 2", "follow 2.1", "follow failed 2.2", "unmatched")
        await commit(worker, done(asked, uses=uses))
        await worker.agree([ITEM], [new, two], mix=True)
    standing = await frontier.standing()
    assert standing is not None
    wanted = {"rule 1": 1, "rule 2": 1, "follow 2.1": 1, "follow failed 2.2": 1, "unmatched": 1}
    assert wanted == standing.totals.uses
    async with frontier.join() as worker:
        await worker.agree([ITEM], [two], mix=True)
        wanted = {"rule 1": 1, "follow 1.1": 1, "follow failed 1.2": 1, "unmatched": 1}
        assert wanted == (await worker.totals()).uses
