"""Pages opened in a browser, which runs their scripts.

    chromium.py     the browser of a run: its tabs, started when the first page needs one, started anew now and then
    executable.py   where the program of the browser is
    gate.py         the only way out of the browser: a proxy that knows which addresses may be asked
    proxied_gate.py the same where the config names a proxy
    traffic.py      what becomes of each request of a page
    documents.py    the documents that an open page goes on to, by plain HTTP under all rules of politeness
    outside.py      what the browser shares with the HTTP fetcher
    context_cookies.py, cookie_file.py    cookies: the same as those of plain HTTP, and kept between runs
    page_bytes.py   how much a page brings
    page_loads.py   when a page has loaded
    tab.py          one page: opened, waited for, its steps carried out, its contents read
    steps.py        the steps
    snapshot.py     the contents of a page as it is now, with its frames and shadow roots

The document itself is not fetched here. The crawl has it already, by plain HTTP under all rules of politeness, and
has judged it: only a good answer is opened. The browser is given that answer, and brings what its scripts ask for.
So a document costs its host one request, whether it is opened or not, and robots.txt, deadlines, redirects,
challenges and limits hold for it as for any other.
"""
