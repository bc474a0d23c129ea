"""The choice of what to crawl: the user's own page rules, or a built-in job."""
