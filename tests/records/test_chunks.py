"""Lines are cut into chunks, each complete in itself."""

from __future__ import annotations

from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st
from support.storage_journal import JournalPage, lines, page_batch, page_origin

from asyncscrape.records.chunks import Bounds, chunks


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(
        st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=6), min_size=1, max_size=3), max_size=4
    ),
    most_rows=st.integers(1, 12),
    most_bytes=st.integers(1, 1500),
)
def test_each_chunk_is_complete_in_itself(sizes: list[list[list[int]]], most_rows: int, most_bytes: int) -> None:
    places = count()
    journal: list[list[JournalPage]] = [
        [([{"name": "x" * size} for size in page], page_origin(next(places))) for page in entry] for entry in sizes
    ]
    batches = [page_batch(seq, *pages, table=f"t{seq % 2}") for seq, pages in enumerate(journal)]
    pieces = list(chunks(batches, Bounds(most_rows, most_bytes)))
    for parity in (0, 1):
        some = [chunk for table, chunk in pieces if table == f"t{parity}"]
        whole = [record | where for pages in journal[parity::2] for records, where in pages for record in records]
        assert lines(whole) == b"".join(some)
        assert all(1 <= chunk.count(b"\n") <= most_rows for chunk in some)
