"""From the journal to the record stores: one store, all of them, and when the crawl must wait."""
