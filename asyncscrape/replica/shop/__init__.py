"""A record shop like those people really scrape, with everyday faults."""
