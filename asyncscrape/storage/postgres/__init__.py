"""Records as tables of a Postgres database, written while the crawl goes on."""
