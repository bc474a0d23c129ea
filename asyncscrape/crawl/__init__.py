"""The run. One URL's journey, in the order of the code below:

1. The job's seeds are offered to the frontier: canonical form, fingerprint, each URL once.     `Crawl._seed`
2. The scheduler says which host is due, and gives its next request; the host's clock moves.    `Dispatcher.run`
3. The scope and robots.txt permit it, or it ends as skipped.                                   `Dispatcher._admit`
4. The fetcher brings the answer.                                                               `Journey.travel`
5. A parser makes records, links and blobs of it: pure, no I/O.                                 `Journey.travel`
6. One transaction for a group of pages: pages done, new URLs, records into the journal.        `Committer.write`
7. Each store reads the journal behind its own cursor, in parallel with all of this.            `Pump.run`
8. Links are the only arrow back: new URLs wake their host.                                     `Dispatcher.stored`

What goes wrong at 3 to 5 becomes a decision of `politeness`, which the frontier remembers. So a run can be killed
anywhere: what is committed stays, and what is not is asked for again.
"""
