"""Records as tables of a Postgres database, written during the crawl."""
