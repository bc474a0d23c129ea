"""Parsing in processes of its own.

    pool.py             which page goes to which worker, and what becomes of a page whose worker ends
    paces.py            how long the pages of each host take
    lane.py             a queue of pages, and the workers that take from it
    parser_process.py   one worker, seen from the crawl: started, fed, watched, ended
    channel.py          the crawl's end of the connection to a worker
    program.py          the worker itself
    frames.py           what the two send each other
    sizes.py            how many workers this machine bears

A worker is a fresh Python of its own, connected by a socket pair, under a limit of memory. It answers page after
page. One that is silent for a second gets no more pages, and those behind the one it is at go to another worker. One
that has overrun its time, or has ended, is replaced, and that costs the page that it was at and no other.

A host with a page that has overrun is parsed apart from then on, and so is one whose pages take long: by workers that
read one page at a time and leave the processor to the others. So is a page whose worker has ended, or has run out of
memory: a fresh worker reads it, and only what happens there counts against the page.
"""
