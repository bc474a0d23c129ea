"""What there is to crawl: one file for each kind of job."""
