"""Pages opened in a browser, which runs their scripts.

    chromium.py         the browser of a run: started with the first page, anew now and then and after accidents
    browser_process.py  one process of the browser, with its tabs
    executable.py       where the program of the browser is
    launching.py        how it is started, and what it says if it does not start
    profile_folder.py   what it leaves on the disk
    memory_watch.py     what it may take of the memory
    process_tree.py     its processes
    failed_pages.py     what pages that failed looked like
    gate.py             the only way out of the browser: a proxy that knows which addresses may be asked
    observer.py         what people want to know of one page, for `try`
    installed.py        the program: its path, version and sandbox, for `check`
    proxied_gate.py     the same where the config names a proxy
    documents.py        the documents that an open page goes on to, by plain HTTP under all rules of politeness
    outside.py          what the browser shares with the HTTP fetcher
    context_cookies.py, cookie_file.py    cookies: the same as those of plain HTTP, and kept between runs
    page_bytes.py       how much a page brings
    page_loads.py       when a page has loaded
    traffic.py          what becomes of each request of a page
    tab.py              one page: opened, waited for, its steps carried out, its contents read
    steps.py            the steps
    scrolling.py        the step that scrolls
    page_frames.py      where on a page, and in which of its frames, the element of a step is
    shots.py            pictures and PDFs of it
    snapshot.py         the contents of a page as it is now, with its frames and shadow roots

The document itself is not fetched here. The crawl has it already, by plain HTTP under all rules of politeness, and
has judged it: only a good answer is opened. The browser is given that answer, and brings what its scripts ask for.
So a document costs its host one request, whether it is opened or not, and robots.txt, deadlines, redirects,
challenges and limits hold for it as for any other.
"""
