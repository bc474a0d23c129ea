"""Pages opened in a browser, which runs their scripts.

    chromium.py     the browser of a run: its tabs, started when the first page needs one, started anew now and then
    executable.py   where the program of the browser is
    gate.py         the only way out of the browser: a proxy that knows which addresses may be asked
    traffic.py      what becomes of each request of a page
    tab.py          one page: opened, waited for, its steps carried out, its contents read
    steps.py        the steps
    shots.py        pictures and PDFs of it
    snapshot.py     the contents of a page as it is now, with its frames and shadow roots

The document itself is not fetched here. The crawl has it already, by plain HTTP under all rules of politeness, and
has judged it: only a good answer is opened. The browser is given that answer, and brings what its scripts ask for.
So a document costs its host one request, whether it is opened or not, and robots.txt, deadlines, redirects,
challenges and limits hold for it as for any other.
"""
