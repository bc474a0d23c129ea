"""The parsing step of the crawl: what a parser makes of an answer, and where it runs.

base.py         the interface: an answer goes in, its contents or the reason why there are none come out
contents.py     the step itself: pure, with a limit for what one page may say
limits.py       what a process that works on pages may take: it sets that itself
overruns.py     pages that take more, in words
in_place.py     in the process that runs the crawl, for people who trust their sites
processes/      in processes of their own, where a page can neither freeze nor bloat the crawl
build.py        chooses between the two
"""
