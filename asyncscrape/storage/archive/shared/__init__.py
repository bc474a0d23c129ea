"""The archive of a job that several workers may share: everything is in S3, and any machine can make an index of it.

1. A write becomes one object: the records, and behind them a list of what they are (`answer_objects`). It is there
   whole or not at all, its name comes from its content, and nobody ever changes it.
2. Each object says of which crawl its answers are; the crawls are noted as objects too (`crawls`). Only those of the
   last one are read again.
3. Whoever reads lets the index on his machine catch up first: what it does not know yet is brought, and what is no
   longer there is forgotten (`catching_up`, `shared_index`). An index that is lost is made anew.
4. After a kill, what a dead worker had put may come once more, from whoever reads its stream now. The index takes
   each answer once, and the worker that ends the crawl takes out the second copies (`doubles`).
"""
