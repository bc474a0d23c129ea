"""Parsing in processes of its own.

    pool.py       which page goes to which worker, and what becomes of a page whose worker ends
    lane.py       a queue of pages, and the workers that take from it
    worker.py     one worker, seen from the crawl: started, fed, watched, ended
    program.py    the worker itself
    frames.py     what the two send each other
    sizes.py      how many workers this machine bears

A worker is a fresh Python of its own, connected by a socket pair, under a limit of memory. It answers page after
page. One that is silent for a second gets no more pages, and those behind the one it is at go to another worker. One
that has overrun its time, or has ended, is replaced, and that costs the page that it was at and no other.

A host whose page was slow once is parsed apart from then on, one page at a time. So is a page whose worker has ended
under it, which may not be its own fault: only a page that ends a fresh worker that has read nothing else has failed.
"""
