"""The run. The journey of one URL, in the order of the code:

1. The job's seeds, in canonical form, are offered to the frontier, which keeps each URL once.  `Crawl._seed`
2. The scheduler says which host is due, and gives its next request.                            `Scheduler.take_turn`
3. The host, the scope and robots.txt admit it; or it is skipped, fails, or waits.              `Turns.take`
4. The fetcher brings the answer, and the answer is judged, once; the host's clock moves.       `Asking.ask`
   A good answer whose rule wants it is opened in a browser first.                              `AnswerReader.read`
5. A parser makes records, links and files of it: pure, no I/O. Links in scope become requests. `Exchange.carry_out`
   If its rules say so, a browser opens the answer first, or once it misses something.          `AnswerReader.read`
6. One transaction for a group of pages: pages done, new URLs, records into the journal.        `Committer.write`
7. Each store reads the journal behind its own cursor, in parallel with all of this.            `OneStore.run`
8. Links are the only arrow back: new URLs wake their host.                                     `Supply.committed`

`Dispatcher.run` is the loop around steps 2, 3 and 8. Whatever happens beside the loop (an answer, a commit, a
robots.txt) is put on one queue, `Events`, and the loop takes it in. What goes wrong at 3 to 5 becomes a decision of
`politeness`, which the frontier remembers. So a run can be killed at any moment: what is committed stays, and the
rest is asked for again.

A request that cannot be sent at 4 for want of credentials, or was sent and refused for them, goes back to the queue,
and its host waits until there are others; until the next run, if only the user can give them. At 5, a parser may make
a page of a refusal, where that is all there is to know.

Some jobs make one thing of several answers, such as an account of its profile and its lists: their requests come in
bundles (see `bundles.py`). At 6, what a page has found is stored with its bundle. Once all requests of a bundle have
ended, the job makes records of it, and the best candidates become the next bundles.            `BundleCloser`

Several workers may share a job, on a frontier for many: each has hosts of its own and does all of the above with
them. It sends nothing once its lease has ended, and keeps to its share of what belongs to all. `Tenure`, `InFlight`
Hosts beyond its share, or that another needs, it gives back; what it has lost, it drops.        `Departures`
When nobody has anything left to do, one of them makes the finished tables for all.              `Ending.finish`

Where answers were kept, they can be read again: steps 4 and 5 without the network.              `Rereading.carry_out`

`build.py` makes the parts and is the only module here that names concrete ones.
"""
